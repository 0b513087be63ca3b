package io.github.iommu4j.core.lockdep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.lock.ExecutionContext;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.SpinLock.IrqState;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rules that the kernel's self-test does not notice, and the validator's own. */
final class LockValidatorTest {

    private static final Acquisition LOCK = Acquisition.EXCLUSIVE;

    private final LockValidator validator =
            LockValidator.builder().policy(ReportPolicy.RECORD).build();
    private final LockMap a = spin("A");
    private final LockMap b = spin("B");
    private final LockMap c = spin("C");

    private LockMap spin(String name) {
        return validator.map(new LockClass(name), LockKind.SPIN);
    }

    private void nested(LockMap outer, LockMap inner) {
        validator.acquire(outer, LOCK);
        validator.acquire(inner, LOCK);
        validator.release(inner);
        validator.release(outer);
    }

    private void single(LockMap lock) {
        validator.acquire(lock, LOCK);
        validator.release(lock);
    }

    private List<LockReport.Kind> kinds() {
        return validator.reports().stream().map(LockReport::kind).toList();
    }

    @Test
    void anAttemptInAnInterruptDoesNotMakeTheClassSafe() {
        validator.runIn(ExecutionContext.HARDIRQ, () -> {
            validator.acquire(a, LOCK.trying());
            validator.release(a);
        });
        single(a);
        assertThat(kinds()).isEmpty();
    }

    @Test
    void anAttemptMakesNoEdgeToItselfButLocksTakenUnderItGetTheirs() {
        validator.acquire(a, LOCK);
        validator.acquire(b, LOCK.trying());
        validator.acquire(c, LOCK);
        validator.release(c);
        validator.release(b);
        validator.release(a);
        List<String> edges = new ArrayList<>();
        validator.forEachEdge((from, to) -> edges.add(from.plain() + to.plain()));
        assertThat(edges).containsExactlyInAnyOrder("AC", "BC");
        nested(b, a);
        assertThat(kinds()).isEmpty();
        nested(c, a);
        assertThat(kinds()).containsExactly(LockReport.Kind.CIRCULAR);
    }

    @Test
    void edgesEndAtTheFirstLockThatWasWaitedFor() {
        validator.acquire(a, LOCK);
        validator.acquire(b, LOCK);
        validator.acquire(c, LOCK);
        List<String> edges = new ArrayList<>();
        validator.forEachEdge((from, to) -> edges.add(from.plain() + to.plain()));
        assertThat(edges).containsExactlyInAnyOrder("AB", "BC");
    }

    @Test
    void anInterruptStartsAnEmptyChain() {
        validator.hardirqsOff();
        validator.acquire(a, LOCK);
        validator.runIn(ExecutionContext.HARDIRQ, () -> single(b));
        validator.release(a);
        assertThat(validator.statistics().edges()).isZero();
    }

    @Test
    void theSameClassInAnInterruptIsStillRecursion() {
        validator.hardirqsOff();
        validator.acquire(b, LOCK);
        validator.acquire(a, LOCK);
        validator.runIn(ExecutionContext.HARDIRQ, () -> single(spin("A")));
        assertThat(kinds()).containsExactly(LockReport.Kind.RECURSIVE);
    }

    @Test
    void anUncheckedLockGivesNoEdges() {
        LockMap rcu = validator.map(new LockClass("rcu_read_lock"), LockKind.RCU);
        validator.acquire(a, LOCK);
        validator.acquire(rcu, Acquisition.RCU_READ);
        validator.acquire(b, LOCK);
        validator.release(b);
        validator.release(rcu);
        validator.release(a);
        List<String> edges = new ArrayList<>();
        validator.forEachEdge((from, to) -> edges.add(from.plain() + to.plain()));
        assertThat(edges).isEmpty();
    }

    @Test
    void aReaderThatWasHeldOnlySharedDoesNotMakeASafeClassReachTheUnsafe() {
        LockMap rw = validator.map(new LockClass("R"), LockKind.RW_LOCK);
        validator.runIn(ExecutionContext.HARDIRQ, () -> {
            validator.acquire(rw, Acquisition.RECURSIVE);
            validator.release(rw);
        });
        single(b);
        IrqState state = validator.hardirqsOff();
        validator.acquire(rw, Acquisition.SHARED);
        validator.acquire(b, LOCK);
        validator.release(b);
        validator.release(rw);
        assertThat(kinds()).isEmpty();
        validator.acquire(rw, LOCK);
        validator.acquire(b, LOCK);
        validator.release(b);
        validator.release(rw);
        validator.hardirqsRestore(state);
        assertThat(kinds()).containsExactly(LockReport.Kind.IRQ_ORDER);
    }

    @Test
    void backwardsAnyReaderMasksNotOnlyARecursiveOne() {
        LockMap rw = validator.map(new LockClass("R"), LockKind.RW_LOCK);
        validator.hardirqsOff();
        validator.acquire(a, LOCK);
        validator.acquire(rw, Acquisition.RECURSIVE);
        validator.release(rw);
        validator.release(a);
        validator.hardirqsRestore(IrqState.ENABLED);
        validator.runIn(ExecutionContext.HARDIRQ, () -> single(a));
        validator.acquire(rw, Acquisition.SHARED);
        validator.release(rw);
        assertThat(kinds()).isEmpty();
        single(rw);
        assertThat(kinds()).containsExactly(LockReport.Kind.IRQ_INVERSION);
    }

    @Test
    void locksMayBeGivenUpInAnyOrder() {
        validator.acquire(a, LOCK);
        validator.acquire(b, LOCK);
        validator.release(a);
        validator.acquire(c, LOCK);
        validator.release(b);
        validator.release(c);
        List<String> edges = new ArrayList<>();
        validator.forEachEdge((from, to) -> edges.add(from.plain() + to.plain()));
        assertThat(edges).containsExactlyInAnyOrder("AB", "BC");
        assertThat(kinds()).isEmpty();
        validator.returns("user space");
        assertThat(kinds()).isEmpty();
    }

    @Test
    void aLockOfAnotherContextCannotBeGivenUp() {
        validator.hardirqsOff();
        validator.acquire(a, LOCK);
        validator.runIn(ExecutionContext.HARDIRQ, () -> validator.release(a));
        assertThat(kinds()).containsExactly(LockReport.Kind.BAD_UNLOCK_BALANCE);
        assertThat(validator.isHeld(a)).isTrue();
    }

    @Test
    void aDowngradedWriterIsAReader() {
        LockMap rw = validator.map(new LockClass("R"), LockKind.RW_SEMAPHORE);
        LockMap m = validator.map(new LockClass("M"), LockKind.MUTEX);
        validator.acquire(rw, LOCK);
        validator.downgrade(rw);
        validator.acquire(m, LOCK);
        validator.release(m);
        validator.release(rw);
        assertThat(kinds()).isEmpty();
        assertThat(validator.statistics().edges()).isEqualTo(1);
        validator.acquire(rw, Acquisition.SHARED);
        validator.downgrade(rw);
        assertThat(kinds()).containsExactly(LockReport.Kind.BAD_UNLOCK_BALANCE);
    }

    @Test
    void aHeldLockCanChangeItsSubclass() {
        validator.acquire(a, LOCK);
        validator.setSubclass(a, 1);
        validator.acquire(spin("A"), LOCK);
        assertThat(kinds()).isEmpty();
        assertThat(validator.isHeld(a)).isTrue();
        LockReport report =
                validator.reports().isEmpty() ? null : validator.reports().get(0);
        assertThat(report).isNull();
    }

    @Test
    void subclassesOrderLocksOfOneClass() {
        LockMap other = spin("A");
        validator.acquire(a, LOCK);
        validator.acquire(other, LOCK.nested(1));
        validator.release(other);
        validator.release(a);
        assertThat(kinds()).isEmpty();
        validator.acquire(a, LOCK.nested(1));
        validator.acquire(other, LOCK);
        assertThat(kinds()).containsExactly(LockReport.Kind.CIRCULAR);
        assertThat(validator.reports().get(0).classes())
                .extracting(LockName::plain)
                .containsExactly("A/1", "A");
    }

    @Test
    void aPinnedLockMustNotBeGivenUp() {
        validator.acquire(a, LOCK);
        validator.pin(a);
        validator.release(a);
        assertThat(kinds()).containsExactly(LockReport.Kind.PINNED_LOCK_RELEASED);
        validator.acquire(a, LOCK);
        validator.pin(a);
        validator.unpin(a);
        validator.release(a);
        assertThat(kinds()).hasSize(1);
        validator.pin(a);
        assertThat(kinds()).containsExactly(LockReport.Kind.PINNED_LOCK_RELEASED, LockReport.Kind.BAD_UNLOCK_BALANCE);
    }

    @Test
    void aSyncLeavesNothingHeldButItsOrderCounts() {
        LockMap srcu = validator.map(new LockClass("srcu"), LockKind.MAP);
        validator.acquire(a, LOCK);
        validator.sync(srcu);
        validator.release(a);
        assertThat(validator.isHeld(srcu)).isFalse();
        validator.acquire(srcu, Acquisition.RECURSIVE);
        validator.acquire(a, LOCK);
        assertThat(kinds()).containsExactly(LockReport.Kind.CIRCULAR);
    }

    @Test
    void aContextEndsWithNothingHeld() {
        validator.runIn(ExecutionContext.SOFTIRQ, () -> validator.acquire(a, LOCK));
        assertThat(kinds()).containsExactly(LockReport.Kind.HELD_AT_RETURN);
        LockValidator other =
                LockValidator.builder().policy(ReportPolicy.RECORD).build();
        other.acquire(other.map(new LockClass("M"), LockKind.MUTEX), LOCK);
        other.returns("user space");
        assertThat(other.reports()).singleElement().satisfies(report -> {
            assertThat(report.kind()).isEqualTo(LockReport.Kind.HELD_AT_RETURN);
            assertThat(report.title()).isEqualTo("lock held when returning from user space!");
        });
    }

    @Test
    void sleepingIsReportedUnderASpinLockAndInInterruptsOnly() {
        validator.mightSleep("a completion");
        LockMap m = validator.map(new LockClass("M"), LockKind.MUTEX);
        validator.acquire(m, LOCK);
        validator.mightSleep("a completion");
        validator.release(m);
        assertThat(kinds()).isEmpty();
        validator.acquire(a, LOCK);
        validator.mightSleep("a completion");
        validator.release(a);
        validator.runIn(ExecutionContext.SOFTIRQ, () -> validator.mightSleep("a completion"));
        validator.hardirqsOff();
        validator.mightSleep("a completion");
        assertThat(kinds()).hasSize(3).containsOnly(LockReport.Kind.SLEEP_IN_ATOMIC_CONTEXT);
    }

    @Test
    void aMutexUnderASpinLockIsAnInvalidWaitContext() {
        LockMap m = validator.map(new LockClass("M"), LockKind.MUTEX);
        validator.acquire(a, LOCK);
        validator.acquire(m, LOCK.trying());
        validator.release(m);
        assertThat(kinds()).isEmpty();
        validator.acquire(m, LOCK);
        assertThat(kinds()).containsExactly(LockReport.Kind.INVALID_WAIT_CONTEXT);
    }

    @Test
    void locksUnderANestLockAreOneEntryWithACount() {
        LockMap outer = spin("outer");
        validator.acquire(outer, LOCK);
        List<LockMap> pools = List.of(spin("pool"), spin("pool"), spin("pool"));
        pools.forEach(pool -> validator.acquire(pool, LOCK.under(outer)));
        assertThat(validator.isHeld(pools.get(2))).isTrue();
        pools.forEach(validator::release);
        assertThat(validator.isHeld(pools.get(0))).isFalse();
        validator.release(outer);
        assertThat(kinds()).isEmpty();
        validator.release(pools.get(0));
        assertThat(kinds()).containsExactly(LockReport.Kind.BAD_UNLOCK_BALANCE);
    }

    @Test
    void theSecondClassOfANameIsPrintedWithItsNumber() {
        LockMap first = validator.map("key 1", "&x->lock", LockKind.SPIN);
        LockMap second = validator.map("key 2", "&x->lock", LockKind.SPIN);
        nested(first, second);
        nested(second, first);
        assertThat(validator.reports())
                .singleElement()
                .satisfies(report -> assertThat(report.classes())
                        .extracting(LockName::plain)
                        .containsExactly("&x->lock#2", "&x->lock"));
    }

    @Test
    void underThePolicyToThrowTheLockIsNotHeldAndTheSameMistakeIsReportedAgain() {
        LockValidator strict = LockValidator.throwing();
        LockMap x = strict.map(new LockClass("X"), LockKind.MUTEX);
        LockMap y = strict.map(new LockClass("Y"), LockKind.MUTEX);
        strict.acquire(x, LOCK);
        strict.acquire(y, LOCK);
        strict.release(y);
        strict.release(x);
        strict.acquire(y, LOCK);
        for (int i = 0; i < 2; i++) {
            assertThatExceptionOfType(LockReportError.class)
                    .isThrownBy(() -> strict.acquire(x, LOCK))
                    .satisfies(error -> assertThat(error.report().kind()).isEqualTo(LockReport.Kind.CIRCULAR))
                    .withMessageContaining("possible circular locking dependency detected");
            assertThat(strict.isHeld(x)).isFalse();
        }
        assertThat(strict.isEnabled()).isTrue();
        assertThatThrownBy(() -> strict.assertHeld(x)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> strict.assertNotHeld(y)).isInstanceOf(AssertionError.class);
    }

    @Test
    void afterItsFirstReportTheKernelsPolicyIsMute() {
        LockValidator mute =
                LockValidator.builder().policy(ReportPolicy.DISABLE_AFTER_FIRST).build();
        LockMap x = mute.map(new LockClass("X"), LockKind.MUTEX);
        mute.acquire(x, LOCK);
        mute.acquire(x, LOCK);
        assertThat(mute.isEnabled()).isFalse();
        mute.acquire(x, LOCK);
        mute.release(x);
        mute.release(x);
        mute.release(x);
        mute.returns("user space");
        mute.free(x);
        mute.downgrade(x);
        mute.pin(x);
        mute.mightSleep("anything");
        mute.assertHeld(x);
        mute.assertNotHeld(x);
        assertThat(mute.reports()).hasSize(1);
    }

    @Test
    void aSinkIsToldOfEveryReportAndMayUseLocksOfItsOwn() {
        List<LockReport> told = new ArrayList<>();
        LockValidator[] own = new LockValidator[1];
        own[0] = LockValidator.builder()
                .policy(ReportPolicy.RECORD)
                .sink(report -> {
                    LockMap log = own[0].map(new LockClass("log"), LockKind.MUTEX);
                    own[0].acquire(log, LOCK);
                    own[0].release(log);
                    told.add(report);
                })
                .build();
        LockMap x = own[0].map(new LockClass("X"), LockKind.SPIN);
        own[0].acquire(x, LOCK);
        own[0].acquire(x, LOCK);
        assertThat(told).hasSize(1).isEqualTo(own[0].reports());
    }

    @Test
    void theDepthOfATasksStackIsLimited() {
        for (int i = 0; i < 48; i++) {
            validator.acquire(spin("L" + i), LOCK);
        }
        assertThat(kinds()).isEmpty();
        validator.acquire(spin("L48"), LOCK);
        assertThat(validator.reports())
                .singleElement()
                .satisfies(report -> assertThat(report.title()).isEqualTo("MAX_LOCK_DEPTH too low!"));
        assertThat(validator.isEnabled()).isFalse();
    }

    @Test
    void classesEdgesChainsAndTheSearchAreLimited() {
        assertThat(limited(new LockLimits(2, 100, 100, 48, 100))).isEqualTo("MAX_LOCKDEP_KEYS too low!");
        assertThat(limited(new LockLimits(100, 3, 100, 48, 100))).isEqualTo("MAX_LOCKDEP_ENTRIES too low!");
        assertThat(limited(new LockLimits(100, 100, 2, 48, 100))).isEqualTo("MAX_LOCKDEP_CHAINS too low!");
        assertThatIllegalArgumentException().isThrownBy(() -> new LockLimits(0, 1, 1, 1, 1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LockValidator.builder().traceDepth(-1));
    }

    private static String limited(LockLimits limits) {
        LockValidator small = LockValidator.builder()
                .policy(ReportPolicy.RECORD)
                .limits(limits)
                .build();
        for (String name : List.of("A", "B", "C", "D")) {
            small.acquire(small.map(new LockClass(name), LockKind.MUTEX), LOCK);
        }
        assertThat(small.isEnabled()).isFalse();
        return small.reports().get(0).title();
    }

    @Test
    void aSearchThatIsTooBroadEndsValidation() {
        LockValidator small = LockValidator.builder()
                .policy(ReportPolicy.RECORD)
                .limits(new LockLimits(1000, 10_000, 10_000, 48, 4))
                .build();
        LockMap hub = small.map(new LockClass("hub"), LockKind.MUTEX);
        for (int i = 0; i < 10 && small.isEnabled(); i++) {
            LockMap spoke = small.map(new LockClass("spoke" + i), LockKind.MUTEX);
            LockMap end = small.map(new LockClass("end" + i), LockKind.MUTEX);
            small.acquire(spoke, LOCK);
            small.acquire(end, LOCK);
            small.release(end);
            small.release(spoke);
            small.acquire(hub, LOCK);
            small.acquire(spoke, LOCK);
            small.release(spoke);
            small.release(hub);
        }
        LockMap start = small.map(new LockClass("start"), LockKind.MUTEX);
        small.acquire(start, LOCK);
        small.acquire(hub, LOCK);
        assertThat(small.reports())
                .singleElement()
                .satisfies(report -> assertThat(report.kind()).isEqualTo(LockReport.Kind.LIMIT_REACHED));
    }

    @Test
    void aSubclassThatIsNoneEndsValidation() {
        validator.acquire(a, LOCK.nested(8));
        assertThat(validator.reports())
                .singleElement()
                .satisfies(report -> assertThat(report.title()).contains("subclass: 8"));
        assertThat(validator.isEnabled()).isFalse();
    }

    @Test
    void softInterruptsAreSwitchedOnOnce() {
        validator.softirqsOff();
        validator.softirqsOn();
        assertThatThrownBy(validator::softirqsOn).isInstanceOf(AssertionError.class);
    }

    @Test
    void tasksThatAreNoThreadsHaveStacksOfTheirOwn() {
        LockTask[] running = {new LockTask("one")};
        LockTask two = new LockTask("two");
        LockValidator tasks = LockValidator.builder()
                .policy(ReportPolicy.RECORD)
                .tasks(() -> running[0])
                .build();
        LockMap x = tasks.map(new LockClass("X"), LockKind.MUTEX);
        LockMap y = tasks.map(new LockClass("Y"), LockKind.MUTEX);
        tasks.acquire(x, LOCK);
        LockTask one = running[0];
        running[0] = two;
        tasks.acquire(y, LOCK);
        assertThat(tasks.isHeld(x)).isFalse();
        tasks.acquire(x, LOCK);
        tasks.release(x);
        running[0] = one;
        assertThat(tasks.isHeld(x)).isTrue();
        tasks.acquire(y, LOCK);
        assertThat(tasks.reports())
                .singleElement()
                .satisfies(report -> assertThat(report.scene().task()).isEqualTo("one"));
    }
}
