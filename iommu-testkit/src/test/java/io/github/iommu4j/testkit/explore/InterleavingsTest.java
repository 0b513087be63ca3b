package io.github.iommu4j.testkit.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.iommu4j.api.lock.Completion;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.api.lock.RefCount;
import io.github.iommu4j.api.lock.RwSemaphore;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.memory.SparseMemory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the explorer finds, and that it finds nothing where nothing is. */
final class InterleavingsTest {

    private static Mutex mutex(Stage stage, String name) {
        return stage.locking().mutex(new LockClass(name));
    }

    private static void counts(Stage stage, int tasks) {
        Shared<Integer> count = stage.shared("count", 0);
        for (int i = 0; i < tasks; i++) {
            stage.task("adds", () -> count.set(count.get() + 1));
        }
        stage.atEnd("everybody counts", () -> assertThat(count.get()).isEqualTo(tasks));
    }

    private static void countsUnderMutex(Stage stage) {
        Mutex mutex = mutex(stage, "m");
        Shared<Integer> count = stage.shared("count", 0);
        for (int i = 0; i < 3; i++) {
            stage.task("adds", () -> {
                mutex.lock();
                count.set(count.get() + 1);
                mutex.unlock();
            });
        }
        stage.atEnd("everybody counts", () -> assertThat(count.get()).isEqualTo(3));
    }

    private static void philosophers(Stage stage, int count) {
        List<Mutex> forks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            forks.add(mutex(stage, "fork " + i));
        }
        for (int i = 0; i < count; i++) {
            Mutex left = forks.get(i);
            Mutex right = forks.get((i + 1) % count);
            stage.task("philosopher " + i, () -> {
                left.lock();
                right.lock();
                right.unlock();
                left.unlock();
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRacyCounterIsCaughtOnEveryCarrier(CarrierKind carrier) {
        assumeThat(carrier.isAvailable()).as("%s on this JVM", carrier).isTrue();
        Finding finding = Interleavings.of(stage -> counts(stage, 2))
                .carrier(carrier)
                .exhaustive()
                .requireFinding();
        assertThat(finding.kind()).isEqualTo(Finding.Kind.FINAL_CHECK);
        assertThat(finding.schedule()).hasToString("a2 b3 a");
        assertThat(finding.schedule().switches()).isEqualTo(2);
        assertThat(Interleavings.of(stage -> counts(stage, 2))
                        .carrier(carrier)
                        .replay(finding.schedule().toString())
                        .requireFinding()
                        .description())
                .isEqualTo(finding.description());
    }

    @ParameterizedTest
    @EnumSource
    void aCounterUnderAMutexIsRightOnEveryCarrier(CarrierKind carrier) {
        assumeThat(carrier.isAvailable()).as("%s on this JVM", carrier).isTrue();
        Exploration exploration = Interleavings.of(InterleavingsTest::countsUnderMutex)
                .carrier(carrier)
                .exhaustive()
                .requireNothingFound();
        assertThat(exploration.completeness()).isEqualTo(Exploration.Completeness.COMPLETE);
        assertThat(exploration.schedules()).isGreaterThan(100);
    }

    @Test
    void carriersTryTheSameSchedules() {
        Exploration threads = Interleavings.of(InterleavingsTest::countsUnderMutex)
                .carrier(CarrierKind.THREADS)
                .exhaustive();
        Exploration fastest = Interleavings.of(InterleavingsTest::countsUnderMutex)
                .carrier(CarrierKind.FASTEST)
                .exhaustive();
        assertThat(fastest.schedules()).isEqualTo(threads.schedules());
        assertThat(fastest.steps()).isEqualTo(threads.steps());
    }

    @Test
    void aBoundOfDelaysCountsEachTaskThatIsPassedOver() {
        for (int bound = 0; bound <= 3; bound++) {
            Set<String> orders = new HashSet<>();
            Exploration exploration = Interleavings.of(stage -> {
                        StringBuilder order = new StringBuilder();
                        for (String name : List.of("x", "y", "z")) {
                            stage.task(name, () -> {
                                order.append(name);
                                stage.yieldPoint("half-way");
                                order.append(name);
                            });
                        }
                        stage.atEnd("order", () -> orders.add(order.toString()));
                    })
                    .delayBound(bound)
                    .exhaustive();
            assertThat(exploration.completeness()).isEqualTo(Exploration.Completeness.COMPLETE);
            switch (bound) {
                case 0 -> assertThat(orders).containsExactly("xxyyzz");
                case 1 ->
                    assertThat(orders).containsExactlyInAnyOrder("xxyyzz", "yyzzxx", "xyyzzx", "xxzzyy", "xxyzzy");
                default -> assertThat(orders).contains("zzxxyy").hasSizeGreaterThan(5);
            }
        }
    }

    @Test
    void withABoundOfDelaysTasksThatPollGetTheirTurnsOneAfterTheOther() {
        Exploration exploration = Interleavings.of(stage -> {
                    Shared<Integer> turn = stage.shared("turn", 0);
                    for (int i = 0; i < 4; i++) {
                        int mine = 3 - i;
                        stage.task("waits for " + mine, () -> {
                            while (turn.get() != mine) {
                                stage.locking().relax();
                            }
                            turn.set(mine + 1);
                        });
                    }
                })
                .delayBound(2)
                .mostSteps(200)
                .exhaustive()
                .requireNothingFound();
        assertThat(exploration.completeness()).isEqualTo(Exploration.Completeness.COMPLETE);
    }

    @Test
    void aRacyCounterNeedsOneDelay() {
        assertThat(Interleavings.of(stage -> counts(stage, 2))
                        .delayBound(0)
                        .exhaustive()
                        .finding())
                .isEmpty();
        Interleavings.of(stage -> counts(stage, 2)).delayBound(1).exhaustive().requireFinding();
    }

    @Test
    void aBoundOfDelaysAndReductionExcludeEachOther() {
        Interleavings some = Interleavings.of(stage -> counts(stage, 2));
        assertThatIllegalArgumentException().isThrownBy(() -> some.delayBound(-1));
        some.delayBound(1);
        assertThatIllegalStateException().isThrownBy(some::reduced).withMessageContaining("delays");
        some.preemptionBound(1).reduced();
        assertThatIllegalStateException().isThrownBy(() -> some.delayBound(1)).withMessageContaining("delays");
    }

    @Test
    void aMonitorHeldWhereTasksCanChangeIsAnErrorAndNoHang() {
        Interleavings interleavings = Interleavings.of(stage -> {
                    Object monitor = new Object();
                    for (int i = 0; i < 2; i++) {
                        stage.task("holds it", () -> {
                            synchronized (monitor) {
                                stage.yieldPoint("inside");
                            }
                        });
                    }
                })
                .carrier(CarrierKind.THREADS);
        assertThatIllegalStateException()
                .isThrownBy(interleavings::exhaustive)
                .withMessageContaining("waits for a monitor at")
                .withMessageContaining("InterleavingsTest");
    }

    @Test
    void everyOrderOfTwoTasksIsTriedOnce() {
        Set<String> orders = new HashSet<>();
        Exploration exploration = Interleavings.of(stage -> {
                    StringBuilder order = new StringBuilder();
                    for (String name : List.of("x", "y")) {
                        stage.task(name, () -> {
                            for (int i = 0; i < 3; i++) {
                                stage.yieldPoint(name);
                                order.append(name);
                            }
                        });
                    }
                    stage.atEnd("collect", () -> orders.add(order.toString()));
                })
                .preemptionBound(10)
                .exhaustive();
        assertThat(orders).hasSize(20);
        assertThat(exploration.completeness()).isEqualTo(Exploration.Completeness.COMPLETE);
    }

    @Test
    void reductionTriesOneOfEachSetOfEqualRuns() {
        Scenario independent = stage -> {
            for (int i = 0; i < 3; i++) {
                Shared<Integer> own = stage.shared("own " + i, 0);
                stage.task("task " + i, () -> {
                    own.set(1);
                    own.set(2);
                });
            }
        };
        Exploration all = Interleavings.of(independent).preemptionBound(5).exhaustive();
        Exploration reduced = Interleavings.of(independent).unbounded().exhaustive();
        assertThat(all.schedules()).isGreaterThan(1000);
        assertThat(reduced.schedules() - reduced.equal()).isEqualTo(1);
    }

    @Test
    void reductionLosesNoOutcome() {
        assertThat(outcomes(2, true)).isEqualTo(outcomes(2, false)).hasSizeGreaterThan(3);
    }

    private static Set<String> outcomes(int tasks, boolean reduced) {
        Set<String> outcomes = new HashSet<>();
        Interleavings interleavings = Interleavings.of(stage -> {
            Shared<Integer> x = stage.shared("x", 0);
            Shared<Integer> y = stage.shared("y", 0);
            for (int i = 0; i < tasks; i++) {
                int number = i;
                stage.task("task " + i, () -> {
                    x.set(x.get() * 3 + number);
                    y.set(x.get() + number);
                });
            }
            stage.atEnd("collect", () -> outcomes.add(x.get() + "," + y.get()));
        });
        (reduced ? interleavings.unbounded() : interleavings.preemptionBound(100))
                .exhaustive()
                .requireNothingFound();
        return outcomes;
    }

    @Test
    void aCircleOfLocksIsADeadlockWithItsTasks() {
        Finding finding =
                Interleavings.of(stage -> philosophers(stage, 3)).exhaustive().requireFinding();
        assertThat(finding.kind()).isEqualTo(Finding.Kind.DEADLOCK);
        assertThat(finding.description())
                .contains("philosopher 0 (holds fork 0) waits to lock fork 1, held by philosopher 1")
                .contains("philosopher 2 (holds fork 2) waits to lock fork 0, held by philosopher 0");
    }

    @Test
    void theValidatorReportsTheCircleWithoutADeadlock() {
        Finding finding = Interleavings.of(stage -> {
                    Mutex a = stage.validatedLocking().mutex(new LockClass("A"));
                    Mutex b = stage.validatedLocking().mutex(new LockClass("B"));
                    stage.task("both", () -> {
                        a.lock();
                        b.lock();
                        b.unlock();
                        a.unlock();
                        b.lock();
                        a.lock();
                        a.unlock();
                        b.unlock();
                    });
                })
                .exhaustive()
                .requireFinding();
        assertThat(finding.kind()).isEqualTo(Finding.Kind.LOCK_REPORT);
        assertThat(finding.description()).contains("possible circular locking dependency detected");
    }

    @Test
    void aWaitThatNobodyEndsIsALostWakeUp() {
        Finding finding = Interleavings.of(stage -> {
                    Shared<Boolean> ready = stage.shared("ready", false);
                    Completion[] completion = {stage.locking().completion("event")};
                    stage.task("waiter", () -> {
                        if (!ready.get()) {
                            stage.yieldPoint("makes the event");
                            completion[0] = stage.locking().completion("event");
                            completion[0].await();
                        }
                    });
                    stage.task("waker", () -> {
                        ready.set(true);
                        completion[0].complete();
                    });
                })
                .exhaustive()
                .requireFinding();
        assertThat(finding.kind()).isEqualTo(Finding.Kind.LOST_WAKE_UP);
        assertThat(finding.description()).contains("waiter waits to wait for event");
    }

    @Test
    void aWaitingWriterStopsTheSecondReadOfAReader() {
        Finding finding = Interleavings.of(stage -> {
                    RwSemaphore semaphore = stage.locking().rwSemaphore(new LockClass("dmar_global_lock"));
                    stage.task("reads twice", () -> {
                        semaphore.lockRead();
                        semaphore.lockRead();
                        semaphore.unlockRead();
                        semaphore.unlockRead();
                    });
                    stage.task("writes", () -> {
                        semaphore.lockWrite();
                        semaphore.unlockWrite();
                    });
                })
                .exhaustive()
                .requireFinding();
        assertThat(finding.kind()).isEqualTo(Finding.Kind.DEADLOCK);
        assertThat(finding.schedule()).hasToString("a2 b2");
    }

    @Test
    void readersAndWritersExcludeEachOther() {
        Interleavings.of(stage -> {
                    RwSemaphore semaphore = stage.locking().rwSemaphore(new LockClass("s"));
                    int[] inside = new int[2];
                    stage.invariant(
                            "a writer is alone",
                            () -> assertThat(inside[1] == 0 || inside[0] + inside[1] == 1)
                                    .isTrue());
                    for (int i = 0; i < 2; i++) {
                        stage.task("reader", () -> {
                            semaphore.lockRead();
                            inside[0]++;
                            stage.yieldPoint("reads");
                            inside[0]--;
                            semaphore.unlockRead();
                        });
                    }
                    stage.task("writer", () -> {
                        semaphore.lockWrite();
                        inside[1]++;
                        stage.yieldPoint("writes");
                        inside[1]--;
                        semaphore.downgrade();
                        semaphore.assertHeld();
                        semaphore.unlockRead();
                    });
                })
                .exhaustive()
                .requireNothingFound();
    }

    @Test
    void anInvariantIsCheckedAfterEveryStepButNotUnderALockThatIsHeld() {
        Scenario scenario = stage -> {
            Mutex mutex = mutex(stage, "m");
            int[] pair = new int[2];
            stage.invariant("both are equal", () -> {
                mutex.lock();
                try {
                    assertThat(pair[0]).isEqualTo(pair[1]);
                } finally {
                    mutex.unlock();
                }
            });
            stage.task("under the mutex", () -> {
                mutex.lock();
                pair[0]++;
                stage.yieldPoint("between");
                pair[1]++;
                mutex.unlock();
            });
            stage.task("without", () -> {
                pair[0]++;
                stage.yieldPoint("between");
                pair[1]++;
            });
        };
        Finding finding = Interleavings.of(scenario).exhaustive().requireFinding();
        assertThat(finding.kind()).isEqualTo(Finding.Kind.INVARIANT);
        assertThat(finding.description()).startsWith("both are equal: ");
        Interleavings.of(scenario).without(1).exhaustive().requireNothingFound();
    }

    @Test
    void exceptionsLeaksAndWrongUnlocksAreFound() {
        assertThat(kind(stage -> stage.task("throws", () -> {
                    throw new IllegalStateException("broken");
                })))
                .isEqualTo(Finding.Kind.EXCEPTION);
        assertThat(kind(stage -> {
                    Mutex mutex = mutex(stage, "m");
                    stage.task("forgets", mutex::lock);
                }))
                .isEqualTo(Finding.Kind.LEAK);
        assertThat(kind(stage -> {
                    Mutex mutex = mutex(stage, "m");
                    stage.task("gives up", mutex::unlock);
                }))
                .isEqualTo(Finding.Kind.EXCEPTION);
        assertThat(kind(stage -> {
                    RefCount count = stage.locking().refCount("object");
                    for (int i = 0; i < 2; i++) {
                        stage.task("puts", count::put);
                    }
                }))
                .isEqualTo(Finding.Kind.EXCEPTION);
    }

    private static Finding.Kind kind(Scenario scenario) {
        return Interleavings.of(scenario).exhaustive().requireFinding().kind();
    }

    @Test
    void aPollThatLetsOthersGoFirstEnds() {
        Interleavings.of(stage -> {
                    Shared<Boolean> done = stage.shared("done", false);
                    stage.task("polls", () -> {
                        while (!done.get()) {
                            stage.locking().relax();
                        }
                    });
                    stage.task("works", () -> done.set(true));
                })
                .mostSteps(200)
                .exhaustive()
                .requireNothingFound();
    }

    @Test
    void aPollThatNothingEndsIsALivelock() {
        Finding finding = Interleavings.of(stage -> {
                    Shared<Boolean> done = stage.shared("done", false);
                    stage.task("polls", () -> {
                        while (!done.get()) {
                            stage.locking().relax();
                        }
                    });
                })
                .mostSteps(200)
                .exhaustive()
                .requireFinding();
        assertThat(finding.kind()).isEqualTo(Finding.Kind.LIVELOCK);
    }

    @Test
    void memoryIsExploredWordByWord() {
        Finding finding = Interleavings.of(stage -> {
                    PhysicalMemory memory = stage.explored(new SparseMemory());
                    stage.task("writes two words", () -> {
                        memory.store64(0x1000, 1);
                        memory.store64(0x1008, 1);
                    });
                    stage.task("reads them the same way round", () -> {
                        long first = memory.load64(0x1000);
                        long second = memory.load64(0x1008);
                        assertThat(second).isEqualTo(first);
                    });
                })
                .exhaustive()
                .requireFinding();
        assertThat(finding.kind()).isEqualTo(Finding.Kind.EXCEPTION);
        assertThat(finding.toText()).contains("store64 0x1000").contains("load64 0x1008");
    }

    @Test
    void theFindingIsShrunkToThePartsThatMatter() {
        Scenario scenario = stage -> {
            Mutex a = mutex(stage, "A");
            Mutex b = mutex(stage, "B");
            Mutex c = mutex(stage, "C");
            stage.task("one").then("C", () -> nested(c, c)).then("AB", () -> nested(a, b));
            stage.task("two").then("BA", () -> nested(b, a)).then("C", () -> nested(c, c));
            stage.task("three", () -> nested(c, c));
        };
        Finding finding = Interleavings.of(scenario).exhaustive().requireFinding();
        assertThat(finding.kind()).isEqualTo(Finding.Kind.DEADLOCK);
        assertThat(finding.dropped()).containsExactly(0, 3, 4);
        assertThat(finding.toText())
                .contains("replay: Interleavings.of(scenario).without(0, 3, 4).replay(\"" + finding.schedule() + "\")");
        assertThat(Interleavings.of(scenario)
                        .without(0, 3, 4)
                        .replay(finding.schedule().toString())
                        .requireFinding()
                        .kind())
                .isEqualTo(Finding.Kind.DEADLOCK);
    }

    private static void nested(Mutex outer, Mutex inner) {
        outer.lock();
        if (inner != outer) {
            inner.lock();
            inner.unlock();
        }
        outer.unlock();
    }

    @Test
    void randomAndPrioritySchedulesFindTheRaceToo() {
        Interleavings interleavings = Interleavings.of(stage -> counts(stage, 3));
        assertThat(interleavings.random(1, 1000).requireFinding().kind()).isEqualTo(Finding.Kind.FINAL_CHECK);
        assertThat(interleavings.pct(1, 2, 1000).requireFinding().kind()).isEqualTo(Finding.Kind.FINAL_CHECK);
        assertThat(Interleavings.of(InterleavingsTest::countsUnderMutex)
                        .random(1, 200)
                        .requireNothingFound()
                        .schedules())
                .isEqualTo(200);
        Finding raw = interleavings.unshrunk().random(5, 1000).requireFinding();
        assertThat(raw.dropped()).isEmpty();
    }

    @Test
    void aLimitOnSchedulesLeavesTheExplorationPartial() {
        Exploration exploration = Interleavings.of(InterleavingsTest::countsUnderMutex)
                .mostSchedules(10)
                .exhaustive();
        assertThat(exploration.schedules()).isEqualTo(10);
        assertThat(exploration.completeness()).isEqualTo(Exploration.Completeness.PARTIAL);
        assertThatThrownBy(exploration::requireFinding).isInstanceOf(AssertionError.class);
    }

    @Test
    void aScenarioThatChangesBetweenRunsIsRefused() {
        AtomicInteger runs = new AtomicInteger();
        Interleavings interleavings = Interleavings.of(stage -> {
            Mutex mutex = mutex(stage, "m");
            boolean odd = runs.getAndIncrement() % 2 == 1;
            for (int i = 0; i < 2; i++) {
                stage.task("task", () -> {
                    mutex.lock();
                    if (odd) {
                        stage.yieldPoint("odd");
                        stage.yieldPoint("odd");
                    }
                    mutex.unlock();
                });
            }
        });
        assertThatIllegalStateException().isThrownBy(interleavings::exhaustive).withMessageContaining("not the same");
    }

    @Test
    void settingsAndSchedulesAreChecked() {
        Interleavings interleavings = Interleavings.of(stage -> {});
        assertThatIllegalArgumentException().isThrownBy(() -> interleavings.preemptionBound(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> Schedule.parse("a3 9b"));
        assertThatIllegalArgumentException().isThrownBy(() -> Schedule.parse("a0"));
        assertThatIllegalArgumentException().isThrownBy(() -> new Schedule(List.of(26)));
        assertThat(Schedule.parse("a3 b a2")).hasToString("a3 b a2");
        assertThat(Schedule.parse(" ").steps()).isEmpty();
        assertThat(interleavings.exhaustive().schedules()).isEqualTo(1);
    }

    @Test
    void spinLocksAndAttemptsExcludeToo() {
        Interleavings.of(stage -> {
                    SpinLock lock = stage.locking().spinLock(new LockClass("spin"));
                    int[] inside = new int[1];
                    stage.invariant("one is inside", () -> assertThat(inside[0]).isLessThan(2));
                    stage.task("locks", () -> {
                        SpinLock.IrqState state = lock.lockIrqSave();
                        inside[0]++;
                        stage.yieldPoint("inside");
                        inside[0]--;
                        lock.unlockIrqRestore(state);
                    });
                    stage.task("tries", () -> {
                        if (lock.tryLock()) {
                            inside[0]++;
                            stage.yieldPoint("inside");
                            inside[0]--;
                            lock.unlock();
                        }
                    });
                    stage.task("bh", () -> {
                        lock.lockBh();
                        lock.assertHeld();
                        lock.unlockBh();
                    });
                })
                .exhaustive()
                .requireNothingFound();
    }
}
