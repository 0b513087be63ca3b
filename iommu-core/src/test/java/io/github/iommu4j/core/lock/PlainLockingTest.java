package io.github.iommu4j.core.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.lock.Completion;
import io.github.iommu4j.api.lock.ExecutionContext;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.api.lock.RefCount;
import io.github.iommu4j.api.lock.RwSemaphore;
import io.github.iommu4j.api.lock.SpinLock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PlainLockingTest {

    private static final LockClass GROUP = new LockClass("&group->mutex");
    private final Locking locking = new PlainLocking();

    /** Lets a test wait until another task waits, without looking at the clock. */
    private static final class Waits implements WaitObserver {
        final CountDownLatch first = new CountDownLatch(1);
        final List<String> log = new ArrayList<>();

        @Override
        public synchronized void waits(String what) {
            log.add("waits " + what);
            first.countDown();
        }

        @Override
        public synchronized void resumes(String what) {
            log.add("resumes " + what);
        }
    }

    @Test
    void aMutexTakenTwiceByOneTaskIsADeadlockAndStaysHeldOnce() {
        Mutex mutex = locking.mutex(GROUP);
        mutex.lock();
        assertThatThrownBy(mutex::lock)
                .isInstanceOf(AssertionError.class)
                .hasMessage("deadlock: the task takes &group->mutex, which it already holds");
        mutex.assertHeld();
        assertThat(mutex.tryLock()).isFalse();
        mutex.unlock();
        mutex.assertNotHeld();
        assertThat(mutex.tryLock()).isTrue();
        assertThatThrownBy(mutex::assertNotHeld).isInstanceOf(AssertionError.class);
        mutex.unlock();
        assertThat(mutex).hasToString("mutex &group->mutex");
    }

    @Test
    void givingUpALockNotHeldIsABrokenModel() {
        assertThatThrownBy(locking.mutex(GROUP)::unlock).isInstanceOf(AssertionError.class);
        assertThatThrownBy(locking.mutex(GROUP)::assertHeld).isInstanceOf(AssertionError.class);
        assertThatThrownBy(locking.spinLock(GROUP)::unlock).isInstanceOf(AssertionError.class);
        assertThatThrownBy(locking.spinLock(GROUP)::assertHeld).isInstanceOf(AssertionError.class);
        RwSemaphore semaphore = locking.rwSemaphore(GROUP);
        assertThatThrownBy(semaphore::unlockRead).isInstanceOf(AssertionError.class);
        assertThatThrownBy(semaphore::unlockWrite).isInstanceOf(AssertionError.class);
        assertThatThrownBy(semaphore::downgrade).isInstanceOf(AssertionError.class);
        assertThatThrownBy(semaphore::assertHeld).isInstanceOf(AssertionError.class);
    }

    @Test
    void aSpinLockTakesEveryFormAndRefusesItsHolder() {
        SpinLock lock = locking.spinLock(new LockClass("&domain->lock"));
        SpinLock.IrqState state = lock.lockIrqSave();
        assertThat(state).isEqualTo(SpinLock.IrqState.ENABLED);
        assertThat(lock.tryLock()).isFalse();
        assertThatThrownBy(lock::lockBh).isInstanceOf(AssertionError.class);
        lock.assertHeld();
        lock.unlockIrqRestore(state);
        lock.lockBh();
        lock.unlockBh();
        assertThat(lock.tryLock()).isTrue();
        lock.unlock();
        assertThat(lock).hasToString("spin lock &domain->lock");
    }

    @Test
    void readersShareAndAWriterIsAlone() throws InterruptedException {
        RwSemaphore semaphore = locking.rwSemaphore(GROUP);
        semaphore.lockRead();
        semaphore.assertHeld();
        assertThatThrownBy(semaphore::lockRead).isInstanceOf(AssertionError.class);
        assertThatThrownBy(semaphore::assertHeldForWrite).isInstanceOf(AssertionError.class);
        boolean[] got = new boolean[2];
        Thread other = new Thread(() -> {
            got[0] = semaphore.tryLockRead();
            semaphore.unlockRead();
            got[1] = semaphore.tryLockWrite();
        });
        other.start();
        other.join();
        assertThat(got).containsExactly(true, false);
        semaphore.unlockRead();
        semaphore.lockWrite();
        assertThat(semaphore.tryLockRead()).isFalse();
        semaphore.downgrade();
        semaphore.unlockRead();
        assertThat(semaphore.tryLockWrite()).isTrue();
        semaphore.unlockWrite();
        assertThat(semaphore).hasToString("rw semaphore &group->mutex");
    }

    @Test
    void everyWaitIsObservedBeforeAndAfter() throws InterruptedException {
        Waits waits = new Waits();
        Locking observed = new PlainLocking(waits);
        Mutex mutex = observed.mutex(GROUP);
        mutex.lock();
        Thread other = new Thread(() -> {
            mutex.lock();
            mutex.unlock();
        });
        other.start();
        assertThat(waits.first.await(20, TimeUnit.SECONDS)).isTrue();
        mutex.unlock();
        other.join();
        assertThat(waits.log).containsExactly("waits &group->mutex", "resumes &group->mutex");
    }

    @Test
    void aCompletionHoldsWaitersUntilDoneAndNobodyAfterwards() throws InterruptedException {
        Waits waits = new Waits();
        Completion completion = new PlainLocking(waits).completion("device refs");
        assertThat(completion.isDone()).isFalse();
        boolean[] kept = new boolean[1];
        Thread other = new Thread(() -> {
            completion.await();
            kept[0] = Thread.currentThread().isInterrupted();
        });
        other.start();
        assertThat(waits.first.await(20, TimeUnit.SECONDS)).isTrue();
        other.interrupt();
        completion.complete();
        other.join();
        assertThat(kept[0]).isTrue();
        completion.await();
        assertThat(completion.isDone()).isTrue();
        assertThat(waits.log).containsExactly("waits device refs", "resumes device refs");
        assertThat(completion).hasToString("completion device refs");
    }

    @Test
    void aWaitingWriterIsObserved() throws InterruptedException {
        Waits waits = new Waits();
        RwSemaphore semaphore = new PlainLocking(waits).rwSemaphore(GROUP);
        semaphore.lockRead();
        Thread other = new Thread(() -> {
            semaphore.lockWrite();
            semaphore.unlockWrite();
        });
        other.start();
        assertThat(waits.first.await(20, TimeUnit.SECONDS)).isTrue();
        semaphore.unlockRead();
        other.join();
        assertThat(waits.log).hasSize(2);
    }

    @Test
    void aReferenceCountEndsOnce() {
        RefCount count = locking.refCount("group 3");
        count.get();
        assertThat(count.value()).isEqualTo(2);
        assertThat(count.put()).isFalse();
        assertThat(count.put()).isTrue();
        assertThat(count.getUnlessZero()).isFalse();
        assertThatThrownBy(count::get).isInstanceOf(AssertionError.class).hasMessageContaining("group 3");
        assertThatThrownBy(count::put).isInstanceOf(AssertionError.class);
        assertThat(count).hasToString("group 3 refcount 0");
    }

    @Test
    void anActionRunsInItsContext() {
        int[] ran = new int[1];
        locking.runIn(ExecutionContext.HARDIRQ, () -> ran[0]++);
        assertThat(ran[0]).isOne();
    }
}
