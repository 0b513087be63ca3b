package io.github.iommu4j.smmuv3.hardware;

/**
 * Where a walk has come to, packed: the address of the descriptor to be read next (bits 51:2), its level (1:0), and the
 * hierarchical controls of all tables above it together (62:59, where their descriptors have them; Arm ARM D8.4).
 */
final class WalkPlace {

    private static final int HIERARCHY_SHIFT = 59;
    private static final long HIERARCHY = 15L << HIERARCHY_SHIFT;
    private static final long ADDRESS = (1L << 52) - 4;

    private WalkPlace() {}

    /**
     * A place.
     *
     * @param tables the descriptors of the tables above it, combined by OR
     */
    static long of(long address, int level, long tables) {
        return address | tables & HIERARCHY | level;
    }

    static long address(long place) {
        return place & ADDRESS;
    }

    static int level(long place) {
        return (int) place & 3;
    }

    /** APTable, UXNTable and PXNTable in bits 3:0. */
    static int hierarchy(long place) {
        return (int) (place >>> HIERARCHY_SHIFT);
    }
}
