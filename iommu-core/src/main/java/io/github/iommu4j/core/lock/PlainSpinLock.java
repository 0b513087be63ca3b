package io.github.iommu4j.core.lock;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.SpinLock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A spin lock that waits as a mutex does; interrupts do not exist here, so their state is always "on". */
final class PlainSpinLock implements SpinLock {

    private final LockClass lockClass;
    private final @Nullable WaitObserver observer;
    private final ReentrantLock lock = new ReentrantLock();

    PlainSpinLock(LockClass lockClass, @Nullable WaitObserver observer) {
        this.lockClass = lockClass;
        this.observer = observer;
    }

    @Override
    public void lock() {
        PlainMutex.acquire(lock, lockClass.name(), observer);
    }

    @Override
    public boolean tryLock() {
        return !lock.isHeldByCurrentThread() && lock.tryLock();
    }

    @Override
    public void unlock() {
        PlainMutex.release(lock, lockClass.name());
    }

    @Override
    public IrqState lockIrqSave() {
        lock();
        return IrqState.ENABLED;
    }

    @Override
    public void unlockIrqRestore(IrqState state) {
        unlock();
    }

    @Override
    public void lockBh() {
        lock();
    }

    @Override
    public void unlockBh() {
        unlock();
    }

    @Override
    public void assertHeld() {
        PlainMutex.assertHeld(lock, lockClass.name());
    }

    @Override
    public String toString() {
        return "spin lock " + lockClass;
    }
}
