package io.github.iommu4j.smmuv3.hardware;

/**
 * How large an SMMU's caches are and what they keep. Immutable; start from {@link #DEFAULT} or {@link #OFF}.
 *
 * <p>Any geometry is architecturally right. Large caches that keep invalid structures show a driver's missing
 * invalidations; no caches show what memory says now.
 *
 * @param tlbSets sets of the IOTLB, a power of two, or 0 for none
 * @param tlbWays entries of a set, 1 to 16
 * @param configSets sets of the STE cache and of the CD cache, a power of two, or 0 for none
 * @param configWays entries of a set, 1 to 16
 * @param structures which STEs, L1STDs, CDs and L1CDs are kept
 */
public record CacheGeometry(int tlbSets, int tlbWays, int configSets, int configWays, Structures structures) {

    /** Which configuration structures are kept. A structure whose fetch was aborted never is. */
    public enum Structures {
        /** Only what is valid and legal. */
        LEGAL,
        /** Invalid (V=0, Span 0) and illegal ones too, as IHI 0070 §3.21.1 allows: the worst case for a driver. */
        ALL
    }

    /** 1024 translations and 256 configurations, legal ones only. */
    public static final CacheGeometry DEFAULT = new CacheGeometry(256, 4, 64, 4, Structures.LEGAL);

    /** No caches. */
    public static final CacheGeometry OFF = new CacheGeometry(0, 1, 0, 1, Structures.LEGAL);

    private static final int MOST_SETS = 1 << 20;
    private static final int MOST_WAYS = 16;

    /**
     * Checks the sizes.
     *
     * @throws IllegalArgumentException when a number of sets is not 0 or a power of two up to 2<sup>20</sup>, or a
     *     number of ways is not 1 to 16
     */
    public CacheGeometry {
        check(tlbSets, tlbWays);
        check(configSets, configWays);
    }

    /**
     * The same caches with another IOTLB.
     *
     * @param sets a power of two, or 0 for none
     * @param ways 1 to 16
     * @return a new geometry
     */
    public CacheGeometry withTlb(int sets, int ways) {
        return new CacheGeometry(sets, ways, configSets, configWays, structures);
    }

    /**
     * The same caches without an IOTLB.
     *
     * @return a new geometry
     */
    public CacheGeometry withoutTlb() {
        return withTlb(0, 1);
    }

    /**
     * The same caches with other configuration caches.
     *
     * @param sets a power of two, or 0 for none
     * @param ways 1 to 16
     * @return a new geometry
     */
    public CacheGeometry withConfig(int sets, int ways) {
        return new CacheGeometry(tlbSets, tlbWays, sets, ways, structures);
    }

    /**
     * The same caches without configuration caches.
     *
     * @return a new geometry
     */
    public CacheGeometry withoutConfig() {
        return withConfig(0, 1);
    }

    /**
     * The same caches keeping other structures.
     *
     * @param kept which structures are kept
     * @return a new geometry
     */
    public CacheGeometry keeping(Structures kept) {
        return new CacheGeometry(tlbSets, tlbWays, configSets, configWays, kept);
    }

    private static void check(int sets, int ways) {
        if (sets < 0 || sets > MOST_SETS || Integer.bitCount(sets) > 1) {
            throw new IllegalArgumentException(sets + " sets: not 0 or a power of two up to 2^20");
        }
        if (ways < 1 || ways > MOST_WAYS) {
            throw new IllegalArgumentException(ways + " ways: not 1 to 16");
        }
    }
}
