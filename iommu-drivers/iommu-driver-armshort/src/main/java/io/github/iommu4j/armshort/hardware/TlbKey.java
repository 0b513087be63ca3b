package io.github.iommu4j.armshort.hardware;

/**
 * What a TLB entry is found by, packed.
 *
 * <pre>
 *  63 62 61 48 47    40 39                  12 11  6 5      0
 * +--+--+-----+--------+----------------------+-----+--------+
 * |1 |G |  0  |  ASID  |    first page        |  0  |  size  |
 * +--+--+-----+--------+----------------------+-----+--------+
 * </pre>
 *
 * <p>G marks an entry of every address space. A free place is 0.
 */
final class TlbKey {

    private static final long USED = 1L << 63;
    private static final long GLOBAL = 1L << 62;
    private static final int ASID_SHIFT = 40;
    private static final long ASID = 0xFFL << ASID_SHIFT;
    private static final long PAGE = (1L << 40) - (1L << 12);
    private static final long COMPARED = USED | PAGE | 63;

    private TlbKey() {}

    /** The key of the entry of a size that would hold an address. */
    static long of(long address, int sizeLg2, int asid) {
        return USED | (long) asid << ASID_SHIFT | address & PAGE & -1L << sizeLg2 | sizeLg2;
    }

    static long global(long key) {
        return key | GLOBAL;
    }

    static boolean isGlobal(long key) {
        return (key & GLOBAL) != 0;
    }

    /** Whether an entry is one that {@link #of} asks for. */
    static boolean fits(long key, long wanted) {
        long difference = key ^ wanted;
        return (difference & COMPARED) == 0 && ((difference & ASID) == 0 || (key & GLOBAL) != 0);
    }

    static int sizeLg2(long key) {
        return (int) key & 63;
    }

    static long first(long key) {
        return key & PAGE;
    }

    static long last(long key) {
        return first(key) + (1L << sizeLg2(key)) - 1;
    }

    static int asid(long key) {
        return (int) (key >>> ASID_SHIFT) & 0xFF;
    }
}
