package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Invalidations that a user who has nested a stage 1 wrote into his own queue (Linux 6.13 {@code arm_vsmmu_cache_invalidate}). */
final class UserInvalidation {

    private final SmmuDomain parent;
    private final IntFunction<@Nullable Integer> streams;

    /**
     * For one user.
     *
     * @param parent the stage 2 under him
     * @param streams the StreamID of one of his, or {@code null} when he has no such
     */
    UserInvalidation(SmmuDomain parent, IntFunction<@Nullable Integer> streams) {
        this.parent = parent;
        this.streams = streams;
    }

    /**
     * Issues commands as far as they are his to issue, and waits until they have taken effect.
     *
     * @throws IommuException {@code EIO} at the first that is none of his; those before have taken effect. {@code ETIMEDOUT} when
     *     the unit does not do them
     */
    void issue(List<Command> commands) {
        CommandBatch batch = new CommandBatch(parent.unit().ring());
        Errno silence;
        try {
            commands.forEach(command -> batch.add(converted(command)));
        } finally {
            silence = batch.submit();
        }
        if (silence != null) {
            throw new IommuException(silence, parent.unit().name() + " does not take a user's commands");
        }
    }

    private Command converted(Command command) {
        CommandOpcode opcode = command.opcode().orElse(CommandOpcode.SYNC);
        return switch (opcode) {
            // Everything of the user is what his VMID has: others' is not his to touch.
            case TLBI_NSNH_ALL -> Command.of(CommandOpcode.TLBI_NH_ALL).with0(Command.VMID, parent.vmid());
            case TLBI_NH_ALL, TLBI_NH_ASID, TLBI_NH_VA, TLBI_NH_VAA -> command.with0(Command.VMID, parent.vmid());
            case ATC_INV, CFGI_CD, CFGI_CD_ALL -> ofStream(command);
            default -> throw refused(command);
        };
    }

    private Command ofStream(Command command) {
        Integer sid = streams.apply(Command.STREAM_ID.getInt(command.dw0()));
        if (sid == null) {
            throw refused(command);
        }
        return command.with0(Command.STREAM_ID, Integer.toUnsignedLong(sid));
    }

    private static IommuException refused(Command command) {
        return new IommuException(Errno.EIO, "a user may not issue " + command);
    }
}
