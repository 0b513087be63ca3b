package io.github.iommu4j.vtd.hardware;

/** Which bits of table entries are reserved, by level and by whether the entry is a leaf. Immutable. */
final class ReservedBits {

    private static final int TOP_LEVEL = 5;

    private final long[] masks;

    private ReservedBits(long[] masks) {
        this.masks = masks;
    }

    /** The reserved bits of an entry of some kind; PS in a level without leaves counts as leaf. */
    interface Rule {
        long mask(int level, boolean leaf);
    }

    static ReservedBits of(Rule rule) {
        long[] masks = new long[2 * TOP_LEVEL + 2];
        for (int level = 1; level <= TOP_LEVEL; level++) {
            masks[2 * level] = rule.mask(level, false);
            masks[2 * level + 1] = rule.mask(level, true);
        }
        for (int level = 2; level < TOP_LEVEL; level++) {
            if (masks[2 * level] != masks[2 * TOP_LEVEL]) {
                throw new AssertionError(
                        "entries of level " + level + " that lead to tables have reserved bits of their own");
            }
        }
        return new ReservedBits(masks);
    }

    /** The reserved bits of an entry that leads to a table, whatever its level. */
    long ofTables() {
        return masks[2 * TOP_LEVEL];
    }

    /** The reserved bits of an entry of level 1. */
    long ofPages() {
        return masks[3];
    }

    /** Whether an entry has one set; {@code leaf} is 1 for an entry of level 1 or with PS, else 0. */
    boolean areIn(long entry, int level, int leaf) {
        return (entry & masks[level << 1 | leaf]) != 0;
    }
}
