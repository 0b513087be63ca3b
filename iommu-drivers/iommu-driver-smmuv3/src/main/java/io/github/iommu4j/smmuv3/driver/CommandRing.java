package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.smmuv3.layout.Command;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The command queue as software fills it (IHI 0070 §3.5, §4, §7.1). Any number of tasks may issue at a time, of commands of
 * any number; what a task issues is executed in its order.
 *
 * <p>No lock is held while registers are written or a task waits.
 */
final class CommandRing {

    /**
     * What a ring works with.
     *
     * @param parts memory, log and errata
     * @param registers of its unit
     * @param locking where its lock comes from
     * @param ticker nanoseconds, for time-outs
     * @param whilePolling called again and again while somebody waits, without a lock: steps hardware that does not run by
     *     itself, and handles what would interrupt, such as {@link GlobalErrors#step}
     */
    record Setup(
            StructureParts parts,
            SmmuRegisters registers,
            Locking locking,
            LongSupplier ticker,
            Runnable whilePolling) {}

    private final Setup setup;
    private final int sizeLg2;
    private final SyncSignal signal;

    /**
     * Takes memory.
     *
     * @param setup what it works with
     * @param sizeLg2 log2 of the number of commands, 0 to 19, not more than IDR1.CMDQS
     * @param signal how completion is seen
     * @throws io.github.iommu4j.api.IommuException {@code ENOMEM} without memory
     */
    CommandRing(Setup setup, int sizeLg2, SyncSignal signal) {
        this.setup = setup;
        this.sizeLg2 = sizeLg2;
        this.signal = signal;
    }

    /** Writes CMDQ_BASE, CMDQ_PROD and CMDQ_CONS, for an empty queue. CR0.CMDQEN and its acknowledgement must be 0. */
    void start() {
        throw new UnsupportedOperationException(setup + " " + sizeLg2 + signal);
    }

    /**
     * Issues a command without waiting for its effect.
     *
     * @return {@code null}, or {@code ETIMEDOUT} when no room came; then it is not issued
     */
    @Nullable
    Errno issue(Command command) {
        return issue(List.of(command));
    }

    /** Issues commands in order, without waiting for their effect. As {@link #issue(Command)}. */
    @Nullable
    Errno issue(List<Command> commands) {
        throw new UnsupportedOperationException(commands.toString());
    }

    /** Issues a command and waits until it has taken effect. As {@link #issueAndSync(List)}. */
    @Nullable
    Errno issueAndSync(Command command) {
        return issueAndSync(List.of(command));
    }

    /**
     * Issues commands in order and a CMD_SYNC, and waits until they have taken effect.
     *
     * @return {@code null}, or {@code ETIMEDOUT} when the SMMU did not complete them in a second; it is logged then
     */
    @Nullable
    Errno issueAndSync(List<Command> commands) {
        throw new UnsupportedOperationException(commands.toString());
    }
}
