package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.smmuv3.layout.Command;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Commands that are collected and wait for one CMD_SYNC (Linux {@code arm_smmu_cmdq_batch}). For one task. */
final class CommandBatch {

    /** Linux issues what it has when it has so many. */
    static final int MOST = 64;

    private final CommandRing ring;
    private final List<Command> commands = new ArrayList<>();
    private @Nullable Errno lost;

    /** An empty batch. */
    CommandBatch(CommandRing ring) {
        this.ring = ring;
    }

    /** Adds a command; a full batch is issued first, without waiting. */
    void add(Command command) {
        if (commands.size() == MOST) {
            Errno refusal = ring.issue(commands);
            lost = lost == null ? refusal : lost;
            commands.clear();
        }
        commands.add(command);
    }

    /**
     * Issues the rest and a CMD_SYNC, and waits until everything that was added has taken effect. The batch is empty again.
     *
     * @return as {@link CommandRing#issueAndSync(List)}; {@code ETIMEDOUT} also when some were not issued before
     */
    @Nullable
    Errno submit() {
        Errno errno = ring.issueAndSync(commands);
        Errno before = lost;
        commands.clear();
        lost = null;
        return before == null ? errno : before;
    }
}
