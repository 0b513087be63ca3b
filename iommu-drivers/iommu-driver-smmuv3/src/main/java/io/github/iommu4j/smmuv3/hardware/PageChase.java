package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;

/**
 * The plain part of a walk at its shortest: from table to table, little-endian, nothing out of range. It decides
 * nothing: {@link Walker} goes on where this stops.
 */
final class PageChase {

    /** Not an address. */
    static final long NOT_PLAIN = -1;

    private static final int TABLE = 3;
    /** A page descriptor with AF and S2AP[0], the right to read. */
    private static final long READABLE_PAGE = 3 | 1L << 10 | 1L << 6;

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

    /** The page descriptor at a {@link WalkPlace}, or 0 where there is none to be read. */
    static long page(PhysicalMemory memory, long place) {
        if (WalkPlace.level(place) != TableFormat.LAST_LEVEL) {
            return 0;
        }
        try {
            return memory.load64(WalkPlace.address(place));
        } catch (BusErrorException e) {
            return 0;
        }
    }

    /**
     * The physical address behind an IPA whose page may be read, or {@link #NOT_PLAIN} where anything has to be decided:
     * each descriptor is told by one comparison.
     */
    static long readable(PhysicalMemory memory, TableFormat table, long ipa) {
        if (ipa >>> table.inputBits != 0 || !table.isPlain()) {
            return NOT_PLAIN;
        }
        long place = follow(memory, table, ipa);
        long page = page(memory, place);
        return (page & table.plainPageMask) == READABLE_PAGE
                ? page & table.plainAddressMask | ipa & (1L << table.granuleLg2) - 1
                : NOT_PLAIN;
    }
}
