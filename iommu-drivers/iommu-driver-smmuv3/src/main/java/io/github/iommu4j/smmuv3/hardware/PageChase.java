package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;

/**
 * The common stage-2 walk at its shortest: tables all the way down to a valid page, little-endian, nothing out of range. It
 * decides nothing: whatever else it meets, {@link Walker}'s loop walks again and says what it is.
 */
final class PageChase {

    /** Not the common walk. A page descriptor is odd and so never 0. */
    static final long SOMETHING_ELSE = 0;

    private static final int TABLE_OR_PAGE = 3;

    private PageChase() {}

    /** The page descriptor an input address leads to, or {@link #SOMETHING_ELSE}. */
    static long descriptor(PhysicalMemory memory, TableFormat table, long address) {
        final long addressMask = table.plainAddressMask;
        final long indexMask = table.indexMask;
        final int stride = table.stride;
        final int outputBits = table.outputBits;
        int shift = table.startShift;
        long at = table.base + (address >>> shift << 3);
        try {
            for (int left = table.tableLevels; left > 0; left--) {
                long raw = memory.load64(at);
                long next = raw & addressMask;
                if (((int) raw & TABLE_OR_PAGE) != TABLE_OR_PAGE || next >>> outputBits != 0) {
                    return SOMETHING_ELSE;
                }
                shift -= stride;
                at = next | (address >>> shift & indexMask) << 3;
            }
            long raw = memory.load64(at);
            boolean page = ((int) raw & TABLE_OR_PAGE) == TABLE_OR_PAGE && (raw & addressMask) >>> outputBits == 0;
            return page ? raw : SOMETHING_ELSE;
        } catch (BusErrorException e) {
            return SOMETHING_ELSE;
        }
    }
}
