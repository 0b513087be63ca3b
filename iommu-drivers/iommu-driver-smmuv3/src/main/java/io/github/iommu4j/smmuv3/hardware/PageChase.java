package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;

/**
 * The plain part of a walk at its shortest: from table to table, little-endian, nothing out of range. It decides
 * nothing: {@link Walker} goes on where this stops.
 */
final class PageChase {

    private static final int TABLE = 3;

    private PageChase() {}

    /** The address of the first descriptor that is no such table, with its level in bits 1:0. */
    static long follow(PhysicalMemory memory, TableFormat table, long address) {
        final long addressMask = table.plainAddressMask;
        final long indexMask = table.indexMask;
        final int stride = table.stride;
        final int outputBits = table.outputBits;
        int shift = table.startShift;
        int level = table.startLevel;
        long at = table.base + (address >>> shift << 3);
        try {
            while (level < TableFormat.LAST_LEVEL) {
                long raw = memory.load64(at);
                long next = raw & addressMask;
                if (((int) raw & TABLE) != TABLE || next >>> outputBits != 0) {
                    break;
                }
                level++;
                shift -= stride;
                at = next | (address >>> shift & indexMask) << 3;
            }
        } catch (BusErrorException e) {
            return at | level;
        }
        return at | level;
    }
}
