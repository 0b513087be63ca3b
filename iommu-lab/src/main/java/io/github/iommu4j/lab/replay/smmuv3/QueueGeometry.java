package io.github.iommu4j.lab.replay.smmuv3;

import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;

/**
 * Where a queue lies in memory (IHI 0070 §3.5.1, §6.3.25).
 *
 * @param base physical byte address of entry 0
 * @param entriesLg2 log2 of the number of entries
 * @param entryLg2 log2 of the bytes of an entry
 */
record QueueGeometry(long base, int entriesLg2, int entryLg2) {

    private static final BitField LOG2SIZE = bits(4, 0);
    private static final BitField ADDRESS = bits(51, 5);

    /**
     * Decodes a base register.
     *
     * @param baseRegister the register as stored
     * @param largestLg2 what the ID register allows
     * @param entryLg2 log2 of the bytes of an entry
     */
    static QueueGeometry of(long baseRegister, int largestLg2, int entryLg2) {
        int entriesLg2 = Math.min(LOG2SIZE.getInt(baseRegister), largestLg2);
        long bytes = 1L << Math.max(5, entriesLg2 + entryLg2);
        return new QueueGeometry(ADDRESS.inPlace(baseRegister) & -bytes, entriesLg2, entryLg2);
    }

    long bytes() {
        return 1L << entriesLg2 + entryLg2;
    }

    long entryAddress(long index) {
        return base + ((index & (1L << entriesLg2) - 1) << entryLg2);
    }

    /** The index after {@code index}, with its wrap bit. */
    long next(long index) {
        return index + 1 & (2L << entriesLg2) - 1;
    }
}
