package io.github.iommu4j.smmuv3.hardware;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Event counts in stripes, one for each few threads: an increment is a load and a store, never an atomic. */
final class Counters {

    /** Uses of a configuration that looked nothing up in the TLB. */
    static final int UNCACHED = 0;

    static final int CONFIG_MISS = 1;
    static final int TLB_HIT = 2;
    static final int TLB_MISS = 3;
    /** Walks that no TLB look-up preceded. */
    static final int OTHER_WALK = 4;

    static final int DESCRIPTOR = 5;
    static final int STRUCTURE = 6;
    static final int FAULT = 7;

    private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int STRIPES = 16;
    private static final int STRIPE_WORDS = 16;

    private final long[] counts = new long[(STRIPES + 1) * STRIPE_WORDS];

    void add(int counter, long howMany) {
        int at = ((int) Thread.currentThread().getId() & STRIPES - 1) * STRIPE_WORDS + STRIPE_WORDS / 2 + counter;
        COUNT.setOpaque(counts, at, (long) COUNT.getOpaque(counts, at) + howMany);
    }

    /** Every use of a configuration is one of UNCACHED, TLB_HIT and TLB_MISS; those that had to read it missed. */
    Smmuv3Counters snapshot() {
        long uses = total(UNCACHED) + total(TLB_HIT) + total(TLB_MISS);
        return new Smmuv3Counters(
                total(TLB_HIT),
                total(TLB_MISS),
                uses - total(CONFIG_MISS),
                total(CONFIG_MISS),
                total(TLB_MISS) + total(OTHER_WALK),
                total(DESCRIPTOR),
                total(STRUCTURE),
                total(FAULT));
    }

    private long total(int counter) {
        long sum = 0;
        for (int stripe = 0; stripe < STRIPES; stripe++) {
            sum += (long) COUNT.getOpaque(counts, stripe * STRIPE_WORDS + STRIPE_WORDS / 2 + counter);
        }
        return sum;
    }
}
