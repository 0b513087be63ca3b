package io.github.iommu4j.bench.lincheck;

import org.jetbrains.lincheck.datastructures.Operation;

/** A counter under a lock: every interleaving of its operations is right. */
public final class LockedCounter {

    private final Object lock = new Object();
    private int count;

    /**
     * Counts.
     *
     * @return how often it has been counted
     */
    @Operation
    public int increment() {
        synchronized (lock) {
            return ++count;
        }
    }
}
