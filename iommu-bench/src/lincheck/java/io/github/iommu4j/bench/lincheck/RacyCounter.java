package io.github.iommu4j.bench.lincheck;

import org.jetbrains.lincheck.datastructures.Operation;

/** A counter whose lock is given up between reading and writing: one of two may be lost. */
public final class RacyCounter {

    private final Object lock = new Object();
    private int count;

    /**
     * Counts.
     *
     * @return how often it has been counted
     */
    @Operation
    public int increment() {
        int seen;
        synchronized (lock) {
            seen = count;
        }
        synchronized (lock) {
            count = seen + 1;
        }
        return seen + 1;
    }
}
