package io.github.iommu4j.core.trace;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.SpinLock;
import java.util.function.LongSupplier;

/** Lets ten lines through in five seconds, as the kernel's rate-limited messages do. Thread-safe. */
public final class RateLimit {

    private static final LockClass LOCK_CLASS = new LockClass("&rs->lock");
    private static final long INTERVAL_NANOS = 5_000_000_000L;
    private static final int BURST = 10;

    private final SpinLock lock;
    private final LongSupplier clock;
    private long begin;
    private int printed;

    /**
     * A limit nothing has been counted against.
     *
     * @param locking where its lock comes from
     * @param clock time in nanoseconds
     */
    public RateLimit(Locking locking, LongSupplier clock) {
        this.lock = locking.spinLock(LOCK_CLASS);
        this.clock = clock;
        this.begin = clock.getAsLong();
    }

    /**
     * Counts a line.
     *
     * @return whether it may be written now
     */
    public boolean allows() {
        SpinLock.IrqState state = lock.lockIrqSave();
        try {
            long now = clock.getAsLong();
            if (now - begin >= INTERVAL_NANOS) {
                begin = now;
                printed = 0;
            }
            if (printed == BURST) {
                return false;
            }
            printed++;
            return true;
        } finally {
            lock.unlockIrqRestore(state);
        }
    }
}
