package io.github.iommu4j.smmuv3.hardware;

/**
 * The address part of a TLB entry's tag, packed, with what invalidations need to know of the descriptor behind it.
 *
 * <pre>
 *  63 60 59  58 57   56 55                      12 11       6 5      0
 * +-----+------+-------+--------------------------+----------+--------+
 * |  0  |level |granule|     input page           | leaf size| size   |
 * +-----+------+-------+--------------------------+----------+--------+
 * </pre>
 *
 * <p>Size is that of the entry, leaf size that of the stage-1 (or, without one, stage-2) descriptor: a block over
 * smaller stage-2 pages makes entries smaller than itself, and an invalidation of any part of the block names them all.
 * Granule: 0 4 KiB, 1 16 KiB, 2 64 KiB.
 */
final class TlbKey {

    /** What a look-up compares. */
    static final long COMPARED = (1L << 56) - (1L << 12) | 63;

    private static final long PAGE = (1L << 56) - (1L << 12);
    private static final int LEAF_SHIFT = 6;
    private static final int GRANULE_SHIFT = 56;
    private static final int LEVEL_SHIFT = 58;

    private TlbKey() {}

    /** The compared bits of the entry of a size that would hold an address. */
    static long wanted(long address, int sizeLg2) {
        return address & PAGE & -1L << sizeLg2 | sizeLg2;
    }

    static long of(long address, int sizeLg2, int leafLg2, int level, int granuleLg2) {
        return wanted(address, sizeLg2)
                | (long) leafLg2 << LEAF_SHIFT
                | (long) (granuleLg2 - 12 >>> 1) << GRANULE_SHIFT
                | (long) level << LEVEL_SHIFT;
    }

    static long address(long key) {
        return key & PAGE;
    }

    static int sizeLg2(long key) {
        return (int) key & 63;
    }

    static int leafLg2(long key) {
        return (int) (key >>> LEAF_SHIFT) & 63;
    }

    static int granuleLg2(long key) {
        return 12 + 2 * ((int) (key >>> GRANULE_SHIFT) & 3);
    }

    static int level(long key) {
        return (int) (key >>> LEVEL_SHIFT) & 3;
    }
}
