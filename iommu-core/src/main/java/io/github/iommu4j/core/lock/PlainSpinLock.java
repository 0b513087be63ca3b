package io.github.iommu4j.core.lock;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.SpinLock;
import org.jspecify.annotations.Nullable;

/** A spin lock that waits as a mutex does; interrupts do not exist here, so their state is always "on". */
final class PlainSpinLock implements SpinLock {

    private final OwnedLock lock;

    PlainSpinLock(LockClass lockClass, @Nullable WaitObserver observer) {
        this.lock = new OwnedLock(lockClass.name(), observer);
    }

    @Override
    public void lock() {
        lock.lock();
    }

    @Override
    public boolean tryLock() {
        return lock.tryLock();
    }

    @Override
    public void unlock() {
        lock.unlock();
    }

    @Override
    public IrqState lockIrqSave() {
        lock.lock();
        return IrqState.ENABLED;
    }

    @Override
    public void unlockIrqRestore(IrqState state) {
        lock.unlock();
    }

    @Override
    public void lockBh() {
        lock.lock();
    }

    @Override
    public void unlockBh() {
        lock.unlock();
    }

    @Override
    public void assertHeld() {
        lock.assertHeld();
    }

    @Override
    public String toString() {
        return "spin lock " + lock;
    }
}
