package io.github.iommu4j.testkit.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.iommu4j.api.lock.Completion;
import io.github.iommu4j.api.lock.ExecutionContext;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.api.lock.RefCount;
import io.github.iommu4j.api.lock.RwSemaphore;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.lock.ValidatedLocking;
import io.github.iommu4j.core.lockdep.LockTask;
import io.github.iommu4j.core.lockdep.LockValidator;
import io.github.iommu4j.core.memory.SparseMemory;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What explored locks, counts, memory and registers do in a task, while a scenario is set up, and in an invariant. */
final class ExploredLocksTest {

    private static final LockClass CLASS = new LockClass("s");

    private static void setUp(Scenario scenario) {
        Interleavings.of(scenario).exhaustive().requireNothingFound();
    }

    private static Finding find(Scenario scenario) {
        return Interleavings.of(scenario).exhaustive().requireFinding();
    }

    private static void assertBroken(ThrowingCallable call, String message) {
        assertThatExceptionOfType(AssertionError.class).isThrownBy(call).withMessage(message);
    }

    @Test
    void aMutexOfTheSetUpHasOneHolder() {
        setUp(stage -> {
            Mutex mutex = stage.locking().mutex(CLASS);
            assertThat(mutex).hasToString("mutex s");
            mutex.assertNotHeld();
            assertBroken(mutex::assertHeld, "s is not held");
            assertThat(mutex.tryLock()).isTrue();
            assertThat(mutex.tryLock()).isFalse();
            mutex.assertHeld();
            assertBroken(mutex::assertNotHeld, "s is held");
            assertBroken(mutex::lock, "deadlock: the task takes s, which it already holds");
            mutex.unlock();
            mutex.assertNotHeld();
            assertBroken(mutex::unlock, "s is not held");
        });
    }

    @Test
    void aMutexThatATaskTakesTwiceIsFound() {
        Finding finding = find(stage -> {
            Mutex mutex = stage.locking().mutex(CLASS);
            stage.task("twice", () -> {
                mutex.lock();
                mutex.lock();
            });
        });
        assertThat(finding.kind()).isEqualTo(Finding.Kind.EXCEPTION);
        assertThat(finding.description()).contains("deadlock: the task takes s, which it already holds");
    }

    @Test
    void aReaderWriterLockOfTheSetUpHasReadersOrOneWriter() {
        setUp(stage -> {
            RwSemaphore semaphore = stage.locking().rwSemaphore(CLASS);
            assertThat(semaphore).hasToString("rw semaphore s");
            assertBroken(semaphore::assertHeld, "s is not held");
            assertBroken(semaphore::assertHeldForWrite, "s is not held for writing");
            assertBroken(semaphore::unlockRead, "the task gives up reading s, which it does not hold");
            assertBroken(semaphore::unlockWrite, "s is not held for writing");
            semaphore.lockRead();
            assertThat(semaphore.tryLockRead()).isTrue();
            assertThat(semaphore.tryLockWrite()).isFalse();
            semaphore.assertHeld();
            semaphore.unlockRead();
            semaphore.unlockRead();
            semaphore.lockWrite();
            semaphore.assertHeldForWrite();
            assertThat(semaphore.tryLockRead()).isFalse();
            assertThat(semaphore.tryLockWrite()).isFalse();
            semaphore.downgrade();
            semaphore.assertHeld();
            semaphore.unlockRead();
            assertThat(semaphore.tryLockWrite()).isTrue();
            semaphore.unlockWrite();
        });
    }

    @Test
    void anInvariantLeavesAReaderWriterLockToTheTaskThatHoldsIt() {
        int[] looks = new int[2];
        setUp(stage -> {
            RwSemaphore semaphore = stage.locking().rwSemaphore(CLASS);
            stage.invariant("reads", () -> {
                semaphore.lockRead();
                looks[0]++;
                semaphore.unlockRead();
            });
            stage.invariant("writes", () -> {
                semaphore.lockWrite();
                looks[1]++;
                semaphore.unlockWrite();
            });
            stage.task("reader", () -> {
                semaphore.lockRead();
                stage.yieldPoint("reads");
                semaphore.unlockRead();
            });
            stage.task("writer", () -> {
                semaphore.lockWrite();
                stage.yieldPoint("writes");
                semaphore.unlockWrite();
            });
        });
        assertThat(looks[0]).as("readers are let in beside readers").isGreaterThan(looks[1]);
        assertThat(looks[1]).isPositive();
    }

    @Test
    void attemptsAtAReaderWriterLockNeverWait() {
        Set<String> outcomes = new TreeSet<>();
        setUp(stage -> {
            RwSemaphore semaphore = stage.locking().rwSemaphore(CLASS);
            stage.task("tries to read", () -> {
                boolean got = semaphore.tryLockRead();
                outcomes.add("read " + got);
                if (got) {
                    semaphore.assertHeld();
                    semaphore.unlockRead();
                }
            });
            stage.task("tries to write", () -> {
                boolean got = semaphore.tryLockWrite();
                outcomes.add("write " + got);
                if (got) {
                    semaphore.assertHeldForWrite();
                    semaphore.unlockWrite();
                }
            });
        });
        assertThat(outcomes).containsExactly("read false", "read true", "write false", "write true");
    }

    @Test
    void misusesOfAReaderWriterLockByATaskAreFound() {
        assertThat(use(RwSemaphore::unlockRead)).contains("gives up reading s, which it does not hold");
        assertThat(use(RwSemaphore::unlockWrite)).contains("s is not held for writing");
        assertThat(use(RwSemaphore::assertHeld)).contains("s is not held");
        assertThat(use(semaphore -> {
                    semaphore.lockRead();
                    semaphore.lockWrite();
                }))
                .contains("deadlock: the task takes s, which it already holds");
        assertThat(use(semaphore -> {
                    semaphore.lockWrite();
                    semaphore.lockWrite();
                }))
                .contains("deadlock: the task takes s, which it already holds");
        assertThat(use(semaphore -> {
                    semaphore.lockWrite();
                    semaphore.lockRead();
                }))
                .contains("waits to read-lock s, held by uses");
    }

    private static String use(Consumer<RwSemaphore> use) {
        return find(stage -> {
                    RwSemaphore semaphore = stage.locking().rwSemaphore(CLASS);
                    stage.task("uses", () -> use.accept(semaphore));
                })
                .description();
    }

    @Test
    void aSpinLockIsTakenInEveryWay() {
        setUp(stage -> {
            SpinLock lock = stage.locking().spinLock(CLASS);
            assertThat(lock).hasToString("spin lock s");
            stage.task("spins", () -> {
                lock.lock();
                lock.assertHeld();
                lock.unlock();
                assertBroken(lock::assertHeld, "s is not held");
            });
            stage.task(
                    "in an interrupt",
                    () -> stage.locking().runIn(ExecutionContext.HARDIRQ, () -> {
                        lock.lock();
                        lock.unlock();
                    }));
        });
    }

    @Test
    void aCompletionIsSeenOnceItIsComplete() {
        Set<Boolean> seen = new TreeSet<>();
        setUp(stage -> {
            Completion completion = stage.locking().completion("probe");
            assertThat(completion).hasToString("completion probe");
            stage.invariant("nobody waits in an invariant", completion::await);
            stage.task("completes", completion::complete);
            stage.task("looks", () -> seen.add(completion.isDone()));
        });
        assertThat(seen).containsExactly(false, true);
    }

    @Test
    void aReferenceIsNotTakenAfterTheLastIsGone() {
        setUp(stage -> {
            RefCount count = stage.locking().refCount("group");
            count.get();
            assertThat(count.value()).isEqualTo(2);
            assertThat(count).hasToString("group refcount 2");
            assertThat(count.put()).isFalse();
            assertThat(count.put()).isTrue();
            assertThat(count.getUnlessZero()).isFalse();
            assertBroken(count::get, "reference to group taken after the last was dropped");
            assertBroken(count::put, "reference to group dropped twice");
        });
    }

    @Test
    void halfWordsOfMemoryAreScheduledWithTheirWord() {
        Finding finding = find(stage -> {
            PhysicalMemory memory = stage.explored(new SparseMemory());
            stage.task("tears a word", () -> {
                memory.store32(0x1000, 1);
                memory.store32(0x1004, 1);
                assertThat(memory.compareAndSet32(0x1000, 1, 2)).isTrue();
            });
            stage.task("reads it", () -> assertThat(memory.load32(0x1000)).isEqualTo(memory.load32(0x1004)));
        });
        assertThat(finding.toText()).contains("store32 0x1000", "load32 0x1004");
    }

    /** A register that counts the reads of it. */
    private static final class Counter implements MmioRegion {
        private long value;

        @Override
        public long size() {
            return 0x1000;
        }

        @Override
        public long read(long offset, int width) {
            return value++;
        }

        @Override
        public void write(long offset, int width, long newValue) {
            value = newValue;
        }
    }

    @Test
    void readingARegisterMayChangeIt() {
        Finding finding = find(stage -> {
            MmioRegion registers = stage.explored(new Counter());
            assertThat(registers.size()).isEqualTo(0x1000);
            stage.task("reads", () -> registers.read(0x20, 4));
            stage.task("writes", () -> {
                registers.write(0x20, 4, 0);
                assertThat(registers.read(0x20, 4)).isZero();
            });
        });
        assertThat(finding.toText()).contains("read register 0x20", "write register 0x20");
    }

    @ParameterizedTest
    @EnumSource
    void aCarrierThatThisJvmDoesNotHaveIsRefused(CarrierKind carrier) {
        Interleavings interleavings = Interleavings.of(stage -> {}).carrier(carrier);
        if (carrier.isAvailable()) {
            interleavings.exhaustive().requireNothingFound();
        } else {
            assertThatIllegalArgumentException()
                    .isThrownBy(interleavings::exhaustive)
                    .withMessage("this JVM has no " + carrier + " for explorations");
        }
    }

    @Test
    void aReportThatAModelsOwnValidatorThrowsIsOneOfLocks() {
        Finding finding = find(stage -> {
            LockTask task = new LockTask("model");
            LockValidator validator = LockValidator.builder().tasks(() -> task).build();
            Mutex mutex = ValidatedLocking.over(stage.locking(), validator).mutex(CLASS);
            Mutex other = ValidatedLocking.over(stage.locking(), validator).mutex(CLASS);
            stage.task("nests", () -> {
                mutex.lock();
                other.lock();
            });
        });
        assertThat(finding.kind()).isEqualTo(Finding.Kind.LOCK_REPORT);
        assertThat(finding.description()).contains("possible recursive locking detected");
    }

    @Test
    void aFindingIsNoCleanExploration() {
        Interleavings broken = Interleavings.of(stage -> stage.task("throws", () -> {
            throw new IllegalStateException("broken");
        }));
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> broken.exhaustive().requireNothingFound())
                .withMessageContaining("broken");
    }

    @Test
    void tasksAreAddedOnlyWhileAScenarioIsSetUp() {
        Finding finding = find(stage -> stage.task("adds", () -> stage.task("late", () -> {})));
        assertThat(finding.description()).contains("task late is added while tasks run");
    }
}
