package io.github.iommu4j.core.fault;

import java.util.function.LongSupplier;

/**
 * How a core treats faults where kernels left a choice. Immutable.
 *
 * @param unregistering what becomes of requests nobody has answered when their handler goes (up to 6.8)
 * @param memory how many faults can be held
 * @param clock time in nanoseconds, from any origin
 */
public record FaultOptions(UnregisterPolicy unregistering, FaultMemory memory, LongSupplier clock) {

    /** How many faults of one device are held by default. */
    public static final int DEFAULT_CAPACITY = 1024;

    /**
     * As Linux merged it, by the machine's clock.
     *
     * @return options that refuse with {@code EBUSY} and hold {@link #DEFAULT_CAPACITY} faults of each device
     */
    public static FaultOptions asMerged() {
        return new FaultOptions(UnregisterPolicy.REFUSE, FaultMemory.bounded(DEFAULT_CAPACITY), System::nanoTime);
    }

    /**
     * The same with another policy.
     *
     * @param policy what becomes of unanswered requests
     * @return new options
     */
    public FaultOptions unregistering(UnregisterPolicy policy) {
        return new FaultOptions(policy, memory, clock);
    }

    /**
     * The same with another memory.
     *
     * @param newMemory how many faults can be held
     * @return new options
     */
    public FaultOptions memory(FaultMemory newMemory) {
        return new FaultOptions(unregistering, newMemory, clock);
    }

    /**
     * The same with another clock.
     *
     * @param newClock time in nanoseconds
     * @return new options
     */
    public FaultOptions clock(LongSupplier newClock) {
        return new FaultOptions(unregistering, memory, newClock);
    }
}
