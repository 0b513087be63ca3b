package io.github.iommu4j.testkit.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.iommu4j.api.lock.Completion;
import io.github.iommu4j.api.lock.ExecutionContext;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.api.lock.RwSemaphore;
import io.github.iommu4j.api.lock.SpinLock;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TurnLockingTest {

    private final TurnLocking turns = new TurnLocking();
    private final List<String> journal = new ArrayList<>();

    @AfterEach
    void close() {
        turns.close();
    }

    private TurnLocking.Task start(String name, Runnable call) {
        return turns.start(name, () -> {
            call.run();
            journal.add(name);
        });
    }

    private static void broken(ThrowingCallable call) {
        assertThatExceptionOfType(AssertionError.class).isThrownBy(call);
    }

    @Test
    void aCallThatNeedsNothingReturnsAtOnce() {
        assertThat(start("a", () -> {}).isDone()).isTrue();
        assertThat(journal).containsExactly("a");
    }

    @Test
    void whoWaitsGoesOnWhenWhatItWaitsForIsThereInOrderOfArrival() {
        Completion released = turns.completion("released");
        Mutex mutex = turns.mutex(new LockClass("m"));
        TurnLocking.Task holder = start("holder", () -> {
            mutex.lock();
            released.await();
            mutex.unlock();
        });
        TurnLocking.Task first = start("first", () -> {
            mutex.lock();
            mutex.unlock();
        });
        TurnLocking.Task second = start("second", () -> {
            mutex.lock();
            mutex.unlock();
        });
        assertThat(List.of(holder.isDone(), first.isDone(), second.isDone())).containsOnly(false);
        assertThat(mutex.tryLock()).isFalse();
        start("releaser", released::complete);
        assertThat(journal).containsExactly("releaser", "holder", "first", "second");
        assertThat(released.isDone()).isTrue();
        assertThat(first).hasToString("first");
    }

    @Test
    void whatACallThrowsFailsTheStart() {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> start("bad", () -> {
                    throw new IllegalStateException("as told");
                }))
                .withMessageContaining("bad")
                .withCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void theMainThreadMayLockButNeverWait() {
        Mutex mutex = turns.mutex(new LockClass("m"));
        Completion never = turns.completion("never");
        start("holder", () -> {
            mutex.lock();
            never.await();
        });
        broken(mutex::lock);
        broken(never::await);
        Mutex free = turns.mutex(new LockClass("free"));
        free.lock();
        free.assertHeld();
        broken(free::assertNotHeld);
        broken(free::lock);
        free.unlock();
        free.assertNotHeld();
        broken(free::unlock);
        assertThat(free.tryLock()).isTrue();
        free.unlock();
        assertThat(free).hasToString("mutex free");
        assertThat(never).hasToString("completion never");
    }

    @Test
    void readersShareAndAWaitingWriterStopsNewOnes() {
        RwSemaphore semaphore = turns.rwSemaphore(new LockClass("rw"));
        Completion released = turns.completion("released");
        start("reader", () -> {
            semaphore.lockRead();
            released.await();
            semaphore.unlockRead();
        });
        assertThat(semaphore.tryLockRead()).isTrue();
        semaphore.unlockRead();
        assertThat(semaphore.tryLockWrite()).isFalse();
        start("writer", () -> {
            semaphore.lockWrite();
            semaphore.assertHeldForWrite();
            semaphore.downgrade();
            semaphore.assertHeld();
            semaphore.unlockRead();
        });
        assertThat(semaphore.tryLockRead()).isFalse();
        start("late reader", () -> {
            semaphore.lockRead();
            semaphore.unlockRead();
        });
        assertThat(journal).isEmpty();
        start("releaser", released::complete);
        assertThat(journal).containsExactly("releaser", "reader", "writer", "late reader");
    }

    @Test
    void aSemaphoreIsNotTakenTwiceNorGivenUpUnheld() {
        RwSemaphore semaphore = turns.rwSemaphore(new LockClass("rw"));
        broken(semaphore::unlockRead);
        broken(semaphore::unlockWrite);
        broken(semaphore::assertHeld);
        broken(semaphore::assertHeldForWrite);
        broken(semaphore::downgrade);
        assertThat(semaphore.tryLockWrite()).isTrue();
        broken(semaphore::lockRead);
        broken(semaphore::lockWrite);
        semaphore.unlockWrite();
        assertThat(semaphore).hasToString("rw semaphore rw");
    }

    @Test
    void waitingWithASpinLockHeldIsABrokenModel() {
        SpinLock lock = turns.spinLock(new LockClass("spin"));
        Completion never = turns.completion("never");
        start("holder", () -> {
            lock.lock();
            never.await();
        });
        broken(() -> start("second", lock::lock));
    }

    @Test
    void whoWaitsForEverIsEndedAtTheEnd() {
        Completion never = turns.completion("never");
        Mutex mutex = turns.mutex(new LockClass("m"));
        RwSemaphore semaphore = turns.rwSemaphore(new LockClass("rw"));
        TurnLocking.Task holder = start("holder", () -> {
            mutex.lock();
            semaphore.lockWrite();
            try {
                never.await();
            } finally {
                semaphore.unlockWrite();
                mutex.unlock();
            }
        });
        TurnLocking.Task second = start("second", mutex::lock);
        TurnLocking.Task reader = start("reader", semaphore::lockRead);
        turns.close();
        assertThat(List.of(holder.isDone(), second.isDone(), reader.isDone())).containsOnly(true);
        assertThat(journal).isEmpty();
    }

    @Test
    void countsAndContextsAreThePlainOnes() {
        assertThat(turns.refCount("r").value()).isEqualTo(1);
        turns.runIn(ExecutionContext.HARDIRQ, () -> journal.add("interrupt"));
        assertThat(journal).containsExactly("interrupt");
    }
}
