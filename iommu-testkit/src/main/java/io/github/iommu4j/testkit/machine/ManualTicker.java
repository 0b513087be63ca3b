package io.github.iommu4j.testkit.machine;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Time that moves by hand, for tests of what waits for a while.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread.
 */
public final class ManualTicker implements LongSupplier {

    private final AtomicLong nanos = new AtomicLong();

    /** At 0. */
    public ManualTicker() {}

    /**
     * The time.
     *
     * @return nanoseconds since this was made
     */
    @Override
    public long getAsLong() {
        return nanos.get();
    }

    /**
     * Lets time pass.
     *
     * @param duration how much; may be zero
     * @throws IllegalArgumentException when it is negative
     * @throws ArithmeticException when the time no longer fits 64 bits of nanoseconds; it stands still then
     */
    public void advance(Duration duration) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException("time does not go back, by " + duration);
        }
        long step = duration.toNanos();
        nanos.updateAndGet(now -> Math.addExact(now, step));
    }

    @Override
    public String toString() {
        return Duration.ofNanos(nanos.get()).toString();
    }
}
