package io.github.iommu4j.armshort.hardware;

/**
 * How large a translation cache is and what it keeps. Immutable; start from {@link #DEFAULT} or {@link #OFF}.
 *
 * @param sets a power of two, or 0 for no cache
 * @param ways entries of a set, 1 to 16
 * @param faults what is kept beside translations
 */
public record TlbGeometry(int sets, int ways, Faults faults) {

    /** Whether the lack of a translation is remembered. */
    public enum Faults {
        /** Never, as the architecture demands (Arm DDI 0406C B3.9). */
        NOT_KEPT,
        /** Until its page is invalidated, as an M4U may: the worst case for a driver that forgets to after mapping. */
        KEPT
    }

    /** 1024 translations and nothing else. */
    public static final TlbGeometry DEFAULT = new TlbGeometry(256, 4, Faults.NOT_KEPT);

    /** No cache. */
    public static final TlbGeometry OFF = new TlbGeometry(0, 1, Faults.NOT_KEPT);

    private static final int MOST_SETS = 1 << 20;
    private static final int MOST_WAYS = 16;

    /**
     * Checks the sizes.
     *
     * @throws IllegalArgumentException when the number of sets is not 0 or a power of two up to 2<sup>20</sup>, or the
     *     number of ways is not 1 to 16
     */
    public TlbGeometry {
        if (sets < 0 || sets > MOST_SETS || Integer.bitCount(sets) > 1) {
            throw new IllegalArgumentException(sets + " sets: not 0 or a power of two up to 2^20");
        }
        if (ways < 1 || ways > MOST_WAYS) {
            throw new IllegalArgumentException(ways + " ways: not 1 to 16");
        }
    }

    /**
     * The same cache with another rule for faults.
     *
     * @param kept what is kept beside translations
     * @return a new geometry
     */
    public TlbGeometry keeping(Faults kept) {
        return new TlbGeometry(sets, ways, kept);
    }
}
