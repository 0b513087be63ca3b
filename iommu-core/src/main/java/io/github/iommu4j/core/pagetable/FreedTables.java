package io.github.iommu4j.core.pagetable;

/** When tables are freed that an unmap made useless. */
public enum FreedTables {
    /** At once, after {@link TlbInvalidation#flushWalk} (Linux io-pgtable). */
    AT_ONCE,
    /**
     * After the gather was synced: they are left in it, nothing is flushed for them, and the driver hands them to {@link
     * PageTable#freeGathered} in the end (Linux intel-iommu, amd-iommu). Without a gather, at once.
     */
    AFTER_SYNC
}
