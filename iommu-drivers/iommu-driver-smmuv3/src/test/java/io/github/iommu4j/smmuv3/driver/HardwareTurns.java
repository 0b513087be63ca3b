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
 * Locks with which a task that polls waits until hardware, which is a task too, has had a turn: two that poll would keep
 * each other going for ever otherwise, and hardware would never come to it.
 */
final class HardwareTurns implements Locking {

    private final Locking locking;
    private Completion turn;

    HardwareTurns(Locking locking) {
        this.locking = locking;
        this.turn = locking.completion("turn of the hardware");
    }

    @Override
    public void relax() {
        turn.await();
    }

    /** What the hardware's task does until others are done. */
    void run(BooleanSupplier step, BooleanSupplier othersAreDone) {
        while (!othersAreDone.getAsBoolean()) {
            boolean did = step.getAsBoolean();
            Completion over = turn;
            turn = locking.completion("turn of the hardware");
            over.complete();
            if (!did) {
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
