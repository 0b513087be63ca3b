package io.github.iommu4j.api;

/**
 * What a guest invalidated in its own stage (2019 proposal, {@code struct iommu_cache_invalidate_info}). Immutable.
 *
 * @param caches bits {@link #IOTLB}, {@link #DEVICE_IOTLB}, {@link #PASID_CACHE}
 * @param granularity how much
 * @param pasid the PASID, {@link Granularity#PASID} and {@link Granularity#ADDRESS} only
 * @param address first address, {@link Granularity#ADDRESS} only
 * @param size bytes, {@link Granularity#ADDRESS} only
 */
public record CacheInvalidation(int caches, Granularity granularity, int pasid, long address, long size) {

    /** Translations in the IOMMU. */
    public static final int IOTLB = 1;
    /** Translations in the device. */
    public static final int DEVICE_IOTLB = 2;
    /** Entries of the PASID table. */
    public static final int PASID_CACHE = 4;

    /** How much is invalidated. */
    public enum Granularity {
        /** Everything of the domain. */
        DOMAIN,
        /** Everything of a PASID. */
        PASID,
        /** Addresses of a PASID. */
        ADDRESS
    }
}
