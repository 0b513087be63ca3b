package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.CacheInvalidation;

/**
 * The structure of VFIO_IOMMU_CACHE_INVALIDATE (2019 proposal). Immutable.
 *
 * @param argsz bytes of the caller's structure, at least {@link #ARGSZ}
 * @param flags 0
 * @param invalidation what is invalidated
 */
public record CacheInvalidateRequest(int argsz, int flags, CacheInvalidation invalidation) {

    /** Bytes of the structure. */
    public static final int ARGSZ = 56;

    /**
     * A request as it should be.
     *
     * @param invalidation what is invalidated
     * @return a request with the right size and no flags
     */
    public static CacheInvalidateRequest of(CacheInvalidation invalidation) {
        return new CacheInvalidateRequest(ARGSZ, 0, invalidation);
    }
}
