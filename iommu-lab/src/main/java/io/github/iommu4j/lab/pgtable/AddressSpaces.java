package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.lab.vector.VectorRow;

/**
 * The addresses a table translates, and those it translates them to.
 *
 * @param inputBits width of input addresses, 1 to 64
 * @param upperHalf whether the input addresses are the highest ones
 * @param outputBits width of output addresses, 1 to 64
 * @param entriesLg2 log2 of the entries of a table at whose end calls may stop; 0 when they do not
 */
record AddressSpaces(int inputBits, boolean upperHalf, int outputBits, int entriesLg2) {

    /** Those of a table that never came into being. */
    static final AddressSpaces NONE = new AddressSpaces(0, false, 0, 0);

    private static final String ENTRIES = "bits_per_level";

    /** Those of a table that came into being. */
    static AddressSpaces of(VectorRow.Start start) {
        return new AddressSpaces(
                (int) start.outputs().number(ArmRequests.IAS),
                ArmRequests.isUpperHalf(start),
                (int) start.outputs().number(ArmRequests.OAS),
                start.outputs().values().containsKey(ENTRIES)
                        ? (int) start.outputs().number(ENTRIES)
                        : 0);
    }

    /** Bytes of a run of pages; all ones where that is no number of 64 bits. */
    static long size(long pageSize, long count) {
        boolean fits = pageSize >= 0 && count >= 0 && Math.multiplyHigh(pageSize, count) == 0;
        return fits ? pageSize * count : -1;
    }

    /** Whether all of a range is translated. */
    boolean translates(long iova, long size) {
        long last = iova + Math.max(size, 1) - 1;
        if (size < 0 || Long.compareUnsigned(last, iova) < 0) {
            return false;
        }
        long outside = upperHalf ? ~iova : last;
        return inputBits == Long.SIZE || outside >>> inputBits == 0;
    }

    /** Whether a call for pages of a size may stop at an address. */
    boolean isEndOfTable(long iova, long page) {
        return entriesLg2 != 0 && (iova & (page << entriesLg2) - 1) == 0;
    }

    /** Whether all of a range can be translated to. */
    boolean reaches(long pa, long size) {
        long last = pa + Math.max(size, 1) - 1;
        return size >= 0
                && Long.compareUnsigned(last, pa) >= 0
                && (outputBits == Long.SIZE || last >>> outputBits == 0);
    }
}
