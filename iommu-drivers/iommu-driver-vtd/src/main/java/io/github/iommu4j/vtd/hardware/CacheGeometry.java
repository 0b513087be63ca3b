package io.github.iommu4j.vtd.hardware;

/**
 * How large a unit's caches are. Any geometry is right; large caches show a driver's missing invalidations, none show
 * what memory says now. Immutable; start from {@link #DEFAULT} or {@link #OFF}.
 *
 * @param iotlbSets sets of the IOTLB, a power of two up to 2<sup>20</sup>, or 0 for none
 * @param iotlbWays entries of an IOTLB set, 1 to 16
 * @param structureSets sets of four of the context cache and of the PASID cache, a power of two up to 2<sup>20</sup>, or
 *     0 for none
 */
public record CacheGeometry(int iotlbSets, int iotlbWays, int structureSets) {

    /** 1024 translations, 256 context entries, 256 PASID entries. */
    public static final CacheGeometry DEFAULT = new CacheGeometry(256, 4, 64);

    /** No caches. */
    public static final CacheGeometry OFF = new CacheGeometry(0, 1, 0);

    private static final int MOST_SETS = 1 << 20;
    private static final int MOST_WAYS = 16;

    /**
     * Checks the sizes.
     *
     * @throws IllegalArgumentException when a number of sets is not 0 or a power of two up to 2<sup>20</sup>, or the
     *     number of ways is not 1 to 16
     */
    public CacheGeometry {
        checkSets(iotlbSets);
        checkSets(structureSets);
        if (iotlbWays < 1 || iotlbWays > MOST_WAYS) {
            throw new IllegalArgumentException(iotlbWays + " ways: not 1 to 16");
        }
    }

    /**
     * The same caches without an IOTLB.
     *
     * @return a new geometry
     */
    public CacheGeometry withoutIotlb() {
        return new CacheGeometry(0, 1, structureSets);
    }

    private static void checkSets(int sets) {
        if (sets < 0 || sets > MOST_SETS || Integer.bitCount(sets) > 1) {
            throw new IllegalArgumentException(sets + " sets: not 0 or a power of two up to 2^20");
        }
    }
}
