package io.github.iommu4j.core.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.lock.Completion;
import io.github.iommu4j.api.lock.ExecutionContext;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.api.lock.RwSemaphore;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.core.lockdep.LockReport;
import io.github.iommu4j.core.lockdep.LockReportError;
import io.github.iommu4j.core.lockdep.LockValidator;
import io.github.iommu4j.core.lockdep.ReportPolicy;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Locks do what the locks behind them do, and the validator is told. */
final class ValidatedLockingTest {

    private final LockValidator validator =
            LockValidator.builder().policy(ReportPolicy.RECORD).build();
    private final ValidatedLocking locking = ValidatedLocking.over(new PlainLocking(), validator);
    private final Mutex mutex = locking.mutex(new LockClass("M"));
    private final SpinLock spin = locking.spinLock(new LockClass("S"));
    private final RwSemaphore semaphore = locking.rwSemaphore(new LockClass("R"));

    private List<LockReport.Kind> kinds() {
        return validator.reports().stream().map(LockReport::kind).toList();
    }

    @Test
    void ordersOfMutexesAreReported() {
        Mutex other = locking.mutex(new LockClass("N"));
        mutex.lock();
        other.lock();
        other.unlock();
        mutex.unlock();
        other.lock();
        mutex.lock();
        mutex.unlock();
        other.unlock();
        assertThat(kinds()).containsExactly(LockReport.Kind.CIRCULAR);
        assertThat(locking.validator()).isSameAs(validator);
    }

    @Test
    void subclassesAreToldApartAndWrongOnesEndValidation() {
        Mutex sibling = locking.mutex(new LockClass("M"));
        mutex.lock();
        sibling.lockNested(1);
        sibling.unlock();
        assertThat(kinds()).isEmpty();
        sibling.lockNested(8);
        sibling.unlock();
        mutex.unlock();
        assertThat(kinds()).containsExactly(LockReport.Kind.LIMIT_REACHED);
    }

    @Test
    void aFailedAttemptIsNotHeld() throws InterruptedException {
        assertThat(mutex.tryLock()).isTrue();
        mutex.assertHeld();
        CountDownLatch tried = new CountDownLatch(1);
        boolean[] taken = new boolean[3];
        Thread thread = new Thread(() -> {
            taken[0] = mutex.tryLock();
            mutex.assertNotHeld();
            tried.countDown();
        });
        thread.start();
        assertThat(tried.await(10, TimeUnit.SECONDS)).isTrue();
        thread.join();
        mutex.unlock();
        assertThat(taken[0]).isFalse();
        assertThat(kinds()).isEmpty();
    }

    @Test
    void attemptsAndDowngradesOfSemaphoresAreHeldAsTheyShould() {
        assertThat(semaphore.tryLockRead()).isTrue();
        semaphore.assertHeld();
        assertThat(semaphore.tryLockWrite()).isFalse();
        semaphore.unlockRead();
        assertThat(semaphore.tryLockWrite()).isTrue();
        assertThat(semaphore.tryLockRead()).isFalse();
        semaphore.assertHeldForWrite();
        semaphore.downgrade();
        semaphore.unlockRead();
        semaphore.lockWrite();
        semaphore.unlockWrite();
        semaphore.lockRead();
        semaphore.unlockRead();
        assertThat(kinds()).isEmpty();
    }

    @Test
    void interruptsAreOffWhileAnIrqsaveLockIsHeld() {
        locking.runIn(ExecutionContext.HARDIRQ, () -> {
            spin.lock();
            spin.assertHeld();
            spin.unlock();
        });
        SpinLock.IrqState state = spin.lockIrqSave();
        spin.unlockIrqRestore(state);
        assertThat(kinds()).isEmpty();
        spin.lockBh();
        spin.unlockBh();
        assertThat(kinds()).containsExactly(LockReport.Kind.INCONSISTENT_STATE);
    }

    @Test
    void softInterruptsAreOffWhileABhLockIsHeld() {
        locking.runIn(ExecutionContext.SOFTIRQ, () -> {
            assertThat(spin.tryLock()).isTrue();
            spin.unlock();
            spin.lock();
            spin.unlock();
        });
        spin.lockBh();
        assertThat(spin.tryLock()).isFalse();
        spin.unlockBh();
        assertThat(kinds()).isEmpty();
    }

    @Test
    void waitingUnderASpinLockIsReported() {
        Completion completion = locking.completion("the end");
        completion.complete();
        completion.await();
        assertThat(completion.isDone()).isTrue();
        assertThat(kinds()).isEmpty();
        spin.lock();
        completion.await();
        spin.unlock();
        assertThat(kinds()).containsExactly(LockReport.Kind.SLEEP_IN_ATOMIC_CONTEXT);
    }

    @Test
    void whatTheLockItselfRefusesIsNotHeldAfterwards() {
        Mutex unvalidated = locking.mutex(new LockClass("&dev->mutex", LockClass.Validation.NONE));
        unvalidated.lock();
        assertThatThrownBy(unvalidated::lock).isInstanceOf(AssertionError.class).hasMessageContaining("deadlock");
        unvalidated.unlock();
        semaphore.lockWrite();
        assertThatThrownBy(semaphore::lockWrite).isInstanceOf(AssertionError.class);
        assertThatThrownBy(semaphore::lockRead).isInstanceOf(AssertionError.class);
        semaphore.unlockWrite();
        spin.lock();
        assertThatThrownBy(spin::lock).isInstanceOf(AssertionError.class);
        assertThatThrownBy(spin::lockIrqSave).isInstanceOf(AssertionError.class);
        assertThatThrownBy(spin::lockBh).isInstanceOf(AssertionError.class);
        spin.unlock();
        validator.returns("the test");
        assertThat(kinds()).doesNotContain(LockReport.Kind.HELD_AT_RETURN, LockReport.Kind.BAD_UNLOCK_BALANCE);
    }

    @Test
    void byDefaultReportsAreThrownBeforeTheLockIsTaken() {
        ValidatedLocking strict = ValidatedLocking.over(new PlainLocking());
        Mutex one = strict.mutex(new LockClass("A"));
        Mutex other = strict.mutex(new LockClass("A"));
        one.lock();
        assertThatExceptionOfType(LockReportError.class).isThrownBy(other::lock);
        other.assertNotHeld();
        one.unlock();
        strict.relax();
        assertThat(strict.refCount("count").value()).isEqualTo(1);
    }

    @Test
    void namesAreThoseOfTheLocksBehind() {
        assertThat(mutex).hasToString("mutex M");
        assertThat(spin).hasToString("spin lock S");
        assertThat(semaphore).hasToString("rw semaphore R");
        assertThat(locking.completion("c")).hasToString("completion c");
    }
}
