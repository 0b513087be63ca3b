package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.vtd.layout.PageGroupResponse;

/**
 * Sees the page group responses of software as they stand in the queue: what {@link io.github.iommu4j.api.dma.PrgResponse} has no
 * room for are private data (Intel VT-d §7.7) and reserved codes.
 *
 * <p><b>Thread-safety:</b> called from any thread that lets the invalidation queue run, one call at a time, with no lock held.
 */
@FunctionalInterface
public interface PageGroupObserver {

    /** Nobody looks. */
    PageGroupObserver NONE = response -> {};

    /**
     * A response, before the device gets it.
     *
     * @param response the descriptor
     */
    void answered(PageGroupResponse response);
}
