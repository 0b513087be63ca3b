package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import org.jspecify.annotations.Nullable;

/** A mutex among tasks that take turns. */
final class TurnMutex implements Mutex {

    private final TurnLocking turns;
    private final LockClass lockClass;
    private @Nullable Thread owner;

    TurnMutex(TurnLocking turns, LockClass lockClass) {
        this.turns = turns;
        this.lockClass = lockClass;
    }

    @Override
    public void lockNested(int subclass) {
        assertNotHeld();
        turns.await(() -> owner == null, lockClass.name());
        owner = Thread.currentThread();
    }

    @Override
    public boolean tryLock() {
        if (owner != null) {
            return false;
        }
        owner = Thread.currentThread();
        return true;
    }

    @Override
    public void unlock() {
        if (!turns.isClosed()) {
            assertHeld();
        }
        owner = null;
    }

    @Override
    public void assertHeld() {
        if (owner != Thread.currentThread()) {
            throw new AssertionError(lockClass + " is not held");
        }
    }

    @Override
    public void assertNotHeld() {
        if (owner == Thread.currentThread()) {
            throw new AssertionError("deadlock: the task holds " + lockClass + " already");
        }
    }

    @Override
    public String toString() {
        return "mutex " + lockClass;
    }
}
