package io.github.iommu4j.armshort.hardware;

/**
 * Which level-1 table serves an address (Arm DDI 0406C B3.5.4). Immutable.
 *
 * @param low the table of addresses whose top {@code n} of 32 bits are zero
 * @param high the table of all others; always a full one, of which the lowest words are never read
 * @param n how many top bits choose, 0 to 7; 0 leaves everything to {@code low}
 * @param lowOff no walks through {@code low}
 * @param highOff no walks through {@code high}
 */
record TableBases(long low, long high, int n, boolean lowOff, boolean highOff) {

    private static final int ADDRESS_BITS = 32;
    private static final int SECTION_LG2 = 20;

    /** A single table for everything. */
    static TableBases single(long base) {
        return new TableBases(base, 0, 0, false, false);
    }

    private boolean isHigh(long address) {
        return n != 0 && address >>> ADDRESS_BITS - n != 0;
    }

    /** Whether an address has a translation fault without anything being read (PD0, PD1). */
    boolean isOff(long address) {
        return isHigh(address) ? highOff : lowOff;
    }

    /** Where the level-1 descriptor of an address stands. */
    long descriptor(long address) {
        return (isHigh(address) ? high : low) + (address >>> SECTION_LG2 << 2);
    }
}
