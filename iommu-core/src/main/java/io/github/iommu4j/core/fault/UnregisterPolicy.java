package io.github.iommu4j.core.fault;

import java.util.concurrent.TimeUnit;

/**
 * What becomes of page requests nobody has answered when their handler is unregistered, as debated in 2019. Linux 5.3 to 6.8
 * have {@link #REFUSE}. Immutable.
 *
 * @param kind which answer to the debate
 * @param nanos how long a request may wait for its answer, {@link Kind#TIME_OUT} only; 0 otherwise
 */
public record UnregisterPolicy(Kind kind, long nanos) {

    /** The answers to the debate, each with what speaks against it. */
    public enum Kind {
        /**
         * {@code EBUSY} while requests are pending, as merged. Hazard: a device that faults without end keeps its driver from
         * being unbound.
         */
        REFUSE,
        /**
         * Never fails: the core answers {@code INVALID} for what is pending. Hazard: the answer of whoever had the handler comes
         * late, and where a new handler is registered meanwhile and a new request has the same group number, it reaches that.
         */
        CLEAN,
        /** Waits until nothing is pending. Hazard: a device that faults without end keeps the caller waiting for ever. */
        BLOCK,
        /**
         * {@code EBUSY} while requests are pending, but the core answers {@code INVALID} for those that are too old, see {@link
         * DeviceFaults#expire}. Hazard: as {@link #CLEAN}, for an answer that comes after the time-out.
         */
        TIME_OUT
    }

    /** {@link Kind#REFUSE}. */
    public static final UnregisterPolicy REFUSE = new UnregisterPolicy(Kind.REFUSE, 0);
    /** {@link Kind#CLEAN}. */
    public static final UnregisterPolicy CLEAN = new UnregisterPolicy(Kind.CLEAN, 0);
    /** {@link Kind#BLOCK}. */
    public static final UnregisterPolicy BLOCK = new UnregisterPolicy(Kind.BLOCK, 0);

    /**
     * Checks the time.
     *
     * @throws IllegalArgumentException when only {@link Kind#TIME_OUT} has none, or another has one
     */
    public UnregisterPolicy {
        if (nanos < 0 || (nanos > 0) != (kind == Kind.TIME_OUT)) {
            throw new IllegalArgumentException(kind + " with a time of " + nanos + " ns");
        }
    }

    /**
     * {@link Kind#TIME_OUT}.
     *
     * @param time how long a request may wait, above 0
     * @param unit the unit of {@code time}
     * @return the policy
     * @throws IllegalArgumentException when it is not above 0
     */
    public static UnregisterPolicy timeOut(long time, TimeUnit unit) {
        return new UnregisterPolicy(Kind.TIME_OUT, unit.toNanos(time));
    }
}
