package io.github.iommu4j.testkit.explore;

import io.github.iommu4j.testkit.explore.Operation.Effect;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Time in an explored model: every look at it is a scheduling point, and it moves only when a task says so. So whether
 * something comes before or after a deadline is a matter of the schedule, and replayed with it.
 */
public final class ExploredTicker implements LongSupplier {

    private final Execution execution;
    private final int object;
    private final Operation read;
    private long nanos;

    ExploredTicker(Execution execution) {
        this.execution = execution;
        object = execution.newObject();
        read = Operation.of(object, Effect.READS, "read time");
    }

    /**
     * Looks at the time: a scheduling point.
     *
     * @return nanoseconds since the scenario began
     */
    @Override
    public long getAsLong() {
        execution.point(read);
        return nanos;
    }

    /**
     * Lets time pass: a scheduling point.
     *
     * @param duration how much; may be zero
     * @throws IllegalArgumentException when it is negative
     * @throws ArithmeticException when the time no longer fits 64 bits of nanoseconds
     */
    public void advance(Duration duration) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException("time does not go back, by " + duration);
        }
        execution.point(Operation.of(object, Effect.CHANGES, "advance time by " + duration));
        nanos = Math.addExact(nanos, duration.toNanos());
    }
}
