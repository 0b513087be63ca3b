package io.github.iommu4j.core.lock;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.RwSemaphore;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/** A {@link ReentrantReadWriteLock}, fair so that a waiting writer stops new readers, that may not be re-entered. */
final class PlainRwSemaphore implements RwSemaphore {

    private final LockClass lockClass;
    private final @Nullable WaitObserver observer;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock(true);

    PlainRwSemaphore(LockClass lockClass, @Nullable WaitObserver observer) {
        this.lockClass = lockClass;
        this.observer = observer;
    }

    @Override
    public void lockRead() {
        refuseSecond();
        acquire(lock.readLock());
    }

    @Override
    public boolean tryLockRead() {
        return !isHeld() && lock.readLock().tryLock();
    }

    @Override
    public void unlockRead() {
        if (lock.getReadHoldCount() == 0) {
            throw new AssertionError("the task gives up reading " + lockClass + ", which it does not hold");
        }
        lock.readLock().unlock();
    }

    @Override
    public void lockWrite() {
        refuseSecond();
        acquire(lock.writeLock());
    }

    @Override
    public boolean tryLockWrite() {
        return !isHeld() && lock.writeLock().tryLock();
    }

    @Override
    public void unlockWrite() {
        assertHeldForWrite();
        lock.writeLock().unlock();
    }

    @Override
    public void downgrade() {
        assertHeldForWrite();
        lock.readLock().lock();
        lock.writeLock().unlock();
    }

    @Override
    public void assertHeld() {
        if (!isHeld()) {
            throw new AssertionError(lockClass + " is not held");
        }
    }

    @Override
    public void assertHeldForWrite() {
        if (!lock.isWriteLockedByCurrentThread()) {
            throw new AssertionError(lockClass + " is not held for writing");
        }
    }

    @Override
    public String toString() {
        return "rw semaphore " + lockClass;
    }

    private boolean isHeld() {
        return lock.isWriteLockedByCurrentThread() || lock.getReadHoldCount() > 0;
    }

    private void refuseSecond() {
        if (isHeld()) {
            throw new AssertionError("deadlock: the task takes " + lockClass + ", which it already holds");
        }
    }

    private void acquire(Lock side) {
        if (observer == null) {
            side.lock();
        } else if (!side.tryLock()) {
            observer.waits(lockClass.name());
            side.lock();
            observer.resumes(lockClass.name());
        }
    }
}
