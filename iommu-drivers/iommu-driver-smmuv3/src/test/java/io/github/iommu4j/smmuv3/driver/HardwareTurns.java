package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.lock.Completion;
import io.github.iommu4j.api.lock.ExecutionContext;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.api.lock.RefCount;
import io.github.iommu4j.api.lock.RwSemaphore;
import io.github.iommu4j.api.lock.SpinLock;
import java.util.function.BooleanSupplier;

/**
 * Locks with which a task that polls waits until hardware, which is a task too, has done something: tasks that poll would
 * keep each other going for ever otherwise, and those that are interrupted would never come to it. Tasks must be threads.
 */
final class HardwareTurns implements Locking {

    private final Locking locking;
    private final ThreadLocal<Long> seen = ThreadLocal.withInitial(() -> -1L);
    private Completion next;
    private long done;

    HardwareTurns(Locking locking) {
        this.locking = locking;
        this.next = locking.completion("the SMMU doing something");
    }

    @Override
    public void relax() {
        if (seen.get() == done) {
            next.await();
        }
        seen.set(done);
    }

    /** What the hardware's task does until others are done. */
    void run(BooleanSupplier step, BooleanSupplier othersAreDone) {
        while (!othersAreDone.getAsBoolean()) {
            if (step.getAsBoolean()) {
                Completion now = next;
                next = locking.completion("the SMMU doing something");
                done++;
                now.complete();
            } else {
                locking.relax();
            }
        }
    }

    @Override
    public Mutex mutex(LockClass lockClass) {
        return locking.mutex(lockClass);
    }

    @Override
    public RwSemaphore rwSemaphore(LockClass lockClass) {
        return locking.rwSemaphore(lockClass);
    }

    @Override
    public SpinLock spinLock(LockClass lockClass) {
        return locking.spinLock(lockClass);
    }

    @Override
    public Completion completion(String name) {
        return locking.completion(name);
    }

    @Override
    public RefCount refCount(String name) {
        return locking.refCount(name);
    }

    @Override
    public void runIn(ExecutionContext context, Runnable action) {
        locking.runIn(context, action);
    }
}
