package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.SpinLock;

/** Lets ten lines through in five seconds, as the kernel's rate-limited messages do. Thread-safe. */
final class RateLimit {

    private static final LockClass LOCK = new LockClass("&rs->lock");
    private static final long INTERVAL_NANOS = 5_000_000_000L;
    private static final int BURST = 10;

    private final SpinLock lock;
    private final PollClock clock;
    private long begin;
    private int printed;

    RateLimit(Locking locking, PollClock clock) {
        this.lock = locking.spinLock(LOCK);
        this.clock = clock;
        this.begin = clock.nanos();
    }

    /** Whether a line may be written now. */
    boolean allows() {
        SpinLock.IrqState state = lock.lockIrqSave();
        try {
            long now = clock.nanos();
            if (now - begin >= INTERVAL_NANOS) {
                begin = now;
                printed = 0;
            }
            return printed++ < BURST;
        } finally {
            lock.unlockIrqRestore(state);
        }
    }
}
