package io.github.iommu4j.smmuv3.hardware;

/** Whether a decoded configuration may stay in a cache (IHI 0070 §3.21.1). */
enum Cacheable {
    /** It came from valid and legal structures. */
    LEGAL,
    /** An invalid or illegal structure decided it: kept only by caches that keep those. */
    ILLEGAL,
    /** The transaction itself or an aborted or faulting fetch decided it. */
    NO;

    boolean isKept(CacheGeometry.Structures structures) {
        return this == LEGAL || this == ILLEGAL && structures == CacheGeometry.Structures.ALL;
    }
}
