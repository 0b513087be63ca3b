package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.RwSemaphore;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A reader-writer lock among tasks that take turns; a waiting writer stops new readers. */
final class TurnRwSemaphore implements RwSemaphore {

    private final TurnLocking turns;
    private final LockClass lockClass;
    private final Set<Thread> readers = new HashSet<>();
    private @Nullable Thread writer;
    private int waitingWriters;

    TurnRwSemaphore(TurnLocking turns, LockClass lockClass) {
        this.turns = turns;
        this.lockClass = lockClass;
    }

    @Override
    public void lockRead() {
        refuseSecond();
        turns.await(this::isReadable, lockClass.name());
        readers.add(Thread.currentThread());
    }

    private boolean isReadable() {
        return writer == null && waitingWriters == 0;
    }

    @Override
    public boolean tryLockRead() {
        return isReadable() && readers.add(Thread.currentThread());
    }

    @Override
    public void unlockRead() {
        if (!readers.remove(Thread.currentThread()) && !turns.isClosed()) {
            throw new AssertionError("the task gives up reading " + lockClass + ", which it does not hold");
        }
    }

    @Override
    public void lockWrite() {
        refuseSecond();
        waitingWriters++;
        try {
            turns.await(this::isFree, lockClass.name());
        } finally {
            waitingWriters--;
        }
        writer = Thread.currentThread();
    }

    private boolean isFree() {
        return writer == null && readers.isEmpty();
    }

    @Override
    public boolean tryLockWrite() {
        if (!isFree()) {
            return false;
        }
        writer = Thread.currentThread();
        return true;
    }

    @Override
    public void unlockWrite() {
        if (!turns.isClosed()) {
            assertHeldForWrite();
        }
        writer = null;
    }

    @Override
    public void downgrade() {
        assertHeldForWrite();
        writer = null;
        readers.add(Thread.currentThread());
    }

    @Override
    public void assertHeld() {
        if (!isHeld()) {
            throw new AssertionError(lockClass + " is not held");
        }
    }

    @Override
    public void assertHeldForWrite() {
        if (writer != Thread.currentThread()) {
            throw new AssertionError(lockClass + " is not held for writing");
        }
    }

    private boolean isHeld() {
        return writer == Thread.currentThread() || readers.contains(Thread.currentThread());
    }

    private void refuseSecond() {
        if (isHeld()) {
            throw new AssertionError("deadlock: the task holds " + lockClass + " already");
        }
    }

    @Override
    public String toString() {
        return "rw semaphore " + lockClass;
    }
}
