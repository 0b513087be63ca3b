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

    /** The {@link WalkPlace} of the first descriptor that is no such table. */
    static long follow(PhysicalMemory memory, TableFormat table, long address) {
        final long addressMask = table.plainAddressMask;
        final long looked = table.plainTableMask;
        final long indexMask = table.indexMask;
        final int stride = table.stride;
        int shift = table.startShift;
        int level = table.startLevel;
        long hierarchy = 0;
        long at = table.base + ((address >>> shift & table.startMask) << 3);
        try {
            while (level < TableFormat.LAST_LEVEL) {
                long raw = memory.load64(at);
                if ((raw & looked) != TABLE) {
                    break;
                }
                hierarchy |= raw;
                level++;
                shift -= stride;
                at = raw & addressMask | (address >>> shift & indexMask) << 3;
            }
        } catch (BusErrorException e) {
            return WalkPlace.of(at, level, hierarchy);
        }
        return WalkPlace.of(at, level, hierarchy);
    }
}
