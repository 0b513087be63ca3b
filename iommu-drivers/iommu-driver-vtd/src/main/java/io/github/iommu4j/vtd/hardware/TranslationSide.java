package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Translation;

/** The side that translates, as registers and queues see it. Thread-safe. */
interface TranslationSide {

    /** Translations that begin later go by this state. Caches stay as they are. */
    void control(ControlState state);

    /** See {@link io.github.iommu4j.api.dma.TranslationUnit#translate(int, int, long, int)}. */
    long translate(int sid, int pasid, long iova, int accessBits);

    /** See {@link io.github.iommu4j.api.dma.TranslationUnit#translate(DmaRequest)}. */
    Translation translate(DmaRequest request);

    /** See {@link io.github.iommu4j.api.dma.TranslationUnit#explain(DmaRequest)}. */
    Explanation explain(DmaRequest request);

    /**
     * Whether a page request may be queued (§7.4): the structures are checked, a fault is reported, and what is cached of the
     * page goes before the request is queued (§6.5.3.1).
     *
     * @return 0 when it may, else the fault's code
     */
    int admitPageRequest(int sid, int pasid, long address);

    /** The caches. */
    CacheControl caches();
}
