package io.github.iommu4j.core.lockdep;

/**
 * How long a lock may make its taker wait, from shortest to longest (Linux {@code enum lockdep_wait_type}). A lock may be
 * taken only where waiting that long is allowed.
 */
public enum WaitType {
    /** Not checked. */
    NONE,
    /** Never waits: RCU. */
    FREE,
    /** Spins, whatever the configuration: raw spin locks. */
    SPIN,
    /** Spins, but sleeps under PREEMPT_RT: spin locks. */
    CONFIG,
    /** Sleeps. */
    SLEEP,
    /** Anything may be taken. */
    MAX;

    /**
     * The number that reports print.
     *
     * @param nesting whether raw and other spin locks are told apart
     * @return 0 to 5; without raw nesting {@link #CONFIG} counts as {@link #SPIN} and what follows moves down
     */
    int value(RawNesting nesting) {
        return nesting == RawNesting.CHECKED || this.compareTo(SPIN) <= 0 ? ordinal() : ordinal() - 1;
    }
}
