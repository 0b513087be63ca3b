package io.github.iommu4j.core.lockdep;

/**
 * How much a validator remembers. Reaching a limit is a report and, as in the kernel, ends validation.
 *
 * @param classes classes with their subclasses ({@code MAX_LOCKDEP_KEYS})
 * @param edges edges, each counted in both directions ({@code MAX_LOCKDEP_ENTRIES})
 * @param chains chains ({@code MAX_LOCKDEP_CHAINS})
 * @param heldLocks locks one task holds ({@code MAX_LOCK_DEPTH})
 * @param searchQueue lists a search may have waiting ({@code LOCKDEP_CIRCULAR_QUEUE_BITS} as a number)
 */
public record LockLimits(int classes, int edges, int chains, int heldLocks, int searchQueue) {

    /** The kernel's defaults. */
    public static final LockLimits DEFAULT = new LockLimits(8192, 1 << 15, 1 << 16, 48, 1 << 12);
    /** Those of a kernel configured to be small ({@code CONFIG_LOCKDEP_SMALL}). */
    public static final LockLimits SMALL = new LockLimits(8192, 1 << 14, 1 << 15, 48, 1 << 12);

    /** References that one entry of a task's stack can count. */
    static final int REFERENCES = 2047;

    /** Checks the values. */
    public LockLimits {
        if (classes < 1 || edges < 1 || chains < 1 || heldLocks < 1 || searchQueue < 1) {
            throw new IllegalArgumentException("every limit of a lock validator is at least 1: " + classes + ", "
                    + edges + ", " + chains + ", " + heldLocks + ", " + searchQueue);
        }
    }
}
