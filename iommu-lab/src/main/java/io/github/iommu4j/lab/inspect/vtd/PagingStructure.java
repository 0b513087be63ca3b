package io.github.iommu4j.lab.inspect.vtd;

/**
 * Tables of 512 entries of 8 bytes (Intel VT-d §3.6, §3.7).
 *
 * @param table the top one's address, 4 KiB aligned
 * @param levels how many, 3 to 5 where the structures are legal
 */
record PagingStructure(long table, int levels) {

    private static final int MOST_LEVELS = 5;

    /** Whether the number of levels is one that exists. */
    boolean isLegal() {
        return levels >= 3 && levels <= MOST_LEVELS;
    }

    /** Log2 of the bytes an entry of a level translates, 1 being the lowest level. */
    static int shift(int level) {
        return 12 + 9 * (level - 1);
    }
}
