package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.IotlbGather;
import org.jspecify.annotations.Nullable;

/**
 * What a page table asks of whoever owns the TLB (Linux {@code struct iommu_flush_ops}).
 *
 * <p><b>Thread-safety:</b> called from the thread that maps or unmaps, from several of them at a time.
 */
public interface TlbInvalidation {

    /** Somebody who has no TLB: nothing is done. */
    TlbInvalidation NONE = new TlbInvalidation() {
        @Override
        public void flushAll() {}

        @Override
        public void flushWalk(long iova, long size, long granule) {}

        @Override
        public void addPage(@Nullable IotlbGather gather, long iova, long granule) {}

        @Override
        public void addPages(@Nullable IotlbGather gather, long iova, long granule, long count) {}
    };

    /** Invalidates everything of this table and waits until it is done. */
    void flushAll();

    /**
     * Invalidates a range with everything that was cached on the way to its leaves, and waits until it is done: the
     * tables below are freed when this returns.
     *
     * @param iova first address
     * @param size bytes
     * @param granule bytes of the pages that may have been cached
     */
    void flushWalk(long iova, long size, long granule);

    /**
     * Invalidates a leaf, now or when the gather is synced.
     *
     * @param gather collects invalidations; {@code null} when the unmap had none
     * @param iova first address
     * @param granule bytes of the leaf
     */
    void addPage(@Nullable IotlbGather gather, long iova, long granule);

    /**
     * Invalidates neighbouring leaves: the same as one {@link #addPage} for each, ascending. To be overridden where a
     * run costs less than its pages.
     *
     * @param gather collects invalidations; {@code null} when the unmap had none
     * @param iova first address
     * @param granule bytes of each leaf
     * @param count how many leaves
     */
    default void addPages(@Nullable IotlbGather gather, long iova, long granule, long count) {
        for (long i = 0; i < count; i++) {
            addPage(gather, iova + i * granule, granule);
        }
    }
}
