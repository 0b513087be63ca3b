package io.github.iommu4j.core.lock;

import java.util.concurrent.locks.AbstractQueuedSynchronizer;
import org.jspecify.annotations.Nullable;

/**
 * A lock that knows its owner and may not be taken twice. A free lock costs one compare-and-set, as {@code ReentrantLock}
 * does; whether the owner itself is in the way is only asked when the lock is not free.
 */
final class OwnedLock extends AbstractQueuedSynchronizer {

    private static final long serialVersionUID = 1L;

    private final String name;
    private final transient @Nullable WaitObserver observer;

    OwnedLock(String name, @Nullable WaitObserver observer) {
        this.name = name;
        this.observer = observer;
    }

    void lock() {
        if (compareAndSetState(0, 1)) {
            setExclusiveOwnerThread(Thread.currentThread());
        } else {
            lockSlowly();
        }
    }

    private void lockSlowly() {
        if (isHeld()) {
            throw new AssertionError("deadlock: the task takes " + name + ", which it already holds");
        }
        if (observer == null) {
            acquire(1);
        } else if (!tryAcquire(1)) {
            observer.waits(name);
            acquire(1);
            observer.resumes(name);
        }
    }

    /** A holder's own attempt fails, as {@code mutex_trylock} does. */
    boolean tryLock() {
        return tryAcquire(1);
    }

    void unlock() {
        if (!isHeld()) {
            throw new AssertionError("the task gives up " + name + ", which it does not hold");
        }
        release(1);
    }

    boolean isHeld() {
        return getExclusiveOwnerThread() == Thread.currentThread();
    }

    void assertHeld() {
        if (!isHeld()) {
            throw new AssertionError(name + " is not held");
        }
    }

    @Override
    protected boolean tryAcquire(int ignored) {
        if (compareAndSetState(0, 1)) {
            setExclusiveOwnerThread(Thread.currentThread());
            return true;
        }
        return false;
    }

    @Override
    protected boolean tryRelease(int ignored) {
        setExclusiveOwnerThread(null);
        setState(0);
        return true;
    }

    @Override
    protected boolean isHeldExclusively() {
        return isHeld();
    }

    @Override
    public String toString() {
        return name;
    }
}
