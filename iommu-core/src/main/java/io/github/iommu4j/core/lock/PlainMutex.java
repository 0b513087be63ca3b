package io.github.iommu4j.core.lock;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import org.jspecify.annotations.Nullable;

/** A mutex that waits in the JDK's queue. */
final class PlainMutex implements Mutex {

    private final OwnedLock lock;

    PlainMutex(LockClass lockClass, @Nullable WaitObserver observer) {
        this.lock = new OwnedLock(lockClass.name(), observer);
    }

    @Override
    public void lock() {
        lock.lock();
    }

    @Override
    public void lockNested(int subclass) {
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
    public void assertHeld() {
        lock.assertHeld();
    }

    @Override
    public void assertNotHeld() {
        if (lock.isHeld()) {
            throw new AssertionError(lock + " is held");
        }
    }

    @Override
    public String toString() {
        return "mutex " + lock;
    }
}
