package io.github.iommu4j.smmuv3.driver;

import java.util.function.LongSupplier;

/** How long a task polls. For one task. */
final class Patience {

    /** Linux {@code ARM_SMMU_POLL_TIMEOUT_US}, in nanoseconds. */
    private static final long TIMEOUT = 1_000_000_000L;

    /** So many polls in no time at all: time stands still, and nobody would notice. */
    private static final int MOST_POLLS_IN_NO_TIME = 1_000_000;

    private final LongSupplier ticker;
    private long start;
    private int polls;

    /** It begins with the first question. */
    Patience(LongSupplier ticker) {
        this.ticker = ticker;
    }

    /** Asked before each poll but the first: whether a second has passed since it was asked first. */
    boolean isOver() {
        long now = ticker.getAsLong();
        if (polls++ == 0) {
            start = now;
        }
        return now - start >= TIMEOUT || now == start && polls >= MOST_POLLS_IN_NO_TIME;
    }

    /** Begins again. */
    void renew() {
        polls = 0;
    }
}
