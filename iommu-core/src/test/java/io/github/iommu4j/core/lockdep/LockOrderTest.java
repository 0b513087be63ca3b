package io.github.iommu4j.core.lockdep;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.lock.ExecutionContext;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.SpinLock.IrqState;
import io.github.iommu4j.core.lockdep.LockOrder.Novelty;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The orders of a report as values. */
final class LockOrderTest {

    private final LockTask task = new LockTask("task");
    private final LockValidator validator = LockValidator.builder()
            .policy(ReportPolicy.DISABLE_AFTER_FIRST)
            .traceDepth(1)
            .tasks(() -> task)
            .build();
    private final LockMap a = spin("a");
    private final LockMap b = spin("b");
    private final LockMap c = spin("c");

    private LockMap spin(String name) {
        return validator.map(new LockClass(name), LockKind.SPIN);
    }

    private void takesBUnderA() {
        take(a, this::takesB);
    }

    private void takesB() {
        validator.acquire(b, Acquisition.EXCLUSIVE);
        validator.release(b);
    }

    private void takesC() {
        validator.acquire(c, Acquisition.EXCLUSIVE);
        validator.release(c);
    }

    private void takesA() {
        validator.acquire(a, Acquisition.EXCLUSIVE);
        validator.release(a);
    }

    private void take(LockMap lock, Runnable inner) {
        validator.acquire(lock, Acquisition.EXCLUSIVE);
        inner.run();
        validator.release(lock);
    }

    private void off(Runnable action) {
        IrqState state = validator.hardirqsOff();
        action.run();
        validator.hardirqsRestore(state);
    }

    private List<String> orders() {
        return validator.reports().get(0).orders().stream()
                .map(order -> order.from().plain() + " -> " + order.to().plain()
                        + (order.novelty() == Novelty.NEW ? " new " : " ")
                        + order.where().frames().stream()
                                .map(StackTraceElement::getMethodName)
                                .toList())
                .toList();
    }

    @Test
    void aCycleStartsWithWhatIsTakenAndEndsWithTheNewOrder() {
        takesBUnderA();
        take(b, this::takesC);
        take(c, this::takesA);
        assertThat(orders()).containsExactly("a -> b [takesB]", "b -> c [takesC]", "c -> a new [takesA]");
    }

    @Test
    void aClassUnderItselfIsOneNewOrder() {
        take(a, this::takesA);
        assertThat(orders()).containsExactly("a -> a new [takesA]");
    }

    @Test
    void anOrderThatJoinsSafeAndUnsafeIsNewBetweenTheirChains() {
        takesC();
        validator.runIn(ExecutionContext.SOFTIRQ, this::takesA);
        off(this::takesBUnderA);
        off(() -> take(b, this::takesC));
        assertThat(orders()).containsExactly("a -> b [takesB]", "b -> c new [takesC]");
    }

    @Test
    void anInversionByAnInterruptHasOnlyKnownOrders() {
        takesC();
        off(this::takesBUnderA);
        off(() -> take(b, this::takesC));
        validator.runIn(ExecutionContext.SOFTIRQ, this::takesA);
        assertThat(orders()).as("the way to c ends in c's use").containsExactly("a -> b [takesB]", "b -> c []");
    }

    @Test
    void anInversionByOpenInterruptsReadsInTheSameDirection() {
        validator.runIn(ExecutionContext.SOFTIRQ, this::takesA);
        off(this::takesBUnderA);
        off(() -> take(b, this::takesC));
        takesC();
        assertThat(orders()).as("the way from a begins with a's use").containsExactly("a -> b []", "b -> c [takesC]");
    }

    @Test
    void aReportAboutOneClassHasNoOrders() {
        takesA();
        validator.runIn(ExecutionContext.HARDIRQ, this::takesA);
        assertThat(orders()).isEmpty();
    }
}
