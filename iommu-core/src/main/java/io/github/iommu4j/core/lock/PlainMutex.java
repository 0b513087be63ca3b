package io.github.iommu4j.core.lock;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A {@link ReentrantLock} that may not be re-entered. */
final class PlainMutex implements Mutex {

    private final LockClass lockClass;
    private final @Nullable WaitObserver observer;
    private final ReentrantLock lock = new ReentrantLock();

    PlainMutex(LockClass lockClass, @Nullable WaitObserver observer) {
        this.lockClass = lockClass;
        this.observer = observer;
    }

    @Override
    public void lockNested(int subclass) {
        acquire(lock, lockClass.name(), observer);
    }

    @Override
    public boolean tryLock() {
        // A holder's own attempt fails, as mutex_trylock does.
        return !lock.isHeldByCurrentThread() && lock.tryLock();
    }

    @Override
    public void unlock() {
        release(lock, lockClass.name());
    }

    @Override
    public void assertHeld() {
        assertHeld(lock, lockClass.name());
    }

    @Override
    public void assertNotHeld() {
        if (lock.isHeldByCurrentThread()) {
            throw new AssertionError(lockClass + " is held");
        }
    }

    @Override
    public String toString() {
        return "mutex " + lockClass;
    }

    static void acquire(ReentrantLock lock, String name, @Nullable WaitObserver observer) {
        if (observer == null) {
            lock.lock();
        } else if (!lock.tryLock()) {
            observer.waits(name);
            lock.lock();
            observer.resumes(name);
        }
        if (lock.getHoldCount() > 1) {
            lock.unlock();
            throw new AssertionError("deadlock: the task takes " + name + ", which it already holds");
        }
    }

    static void release(ReentrantLock lock, String name) {
        if (!lock.isHeldByCurrentThread()) {
            throw new AssertionError("the task gives up " + name + ", which it does not hold");
        }
        lock.unlock();
    }

    static void assertHeld(ReentrantLock lock, String name) {
        if (!lock.isHeldByCurrentThread()) {
            throw new AssertionError(name + " is not held");
        }
    }
}
