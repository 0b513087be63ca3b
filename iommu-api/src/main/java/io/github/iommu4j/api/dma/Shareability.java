package io.github.iommu4j.api.dma;

/** Shareability of a memory access, in the Arm architecture's words. */
public enum Shareability {
    /** Not shared. */
    NON_SHAREABLE,
    /** Shared in the inner domain. */
    INNER,
    /** Shared in the outer domain. */
    OUTER
}
