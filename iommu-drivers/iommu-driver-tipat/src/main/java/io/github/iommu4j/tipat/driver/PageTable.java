package io.github.iommu4j.tipat.driver;

import io.github.iommu4j.api.memory.MmioRegion;

/**
 * Writes table entries. Entry n stands at byte n/256·0x1000 + n%256·8: a low word with target bits 43:12, and a high word
 * with bits 47:44 and ENABLE.
 *
 * <p>Callers keep entries of different buffers apart; entries of one are guarded by its mutex.
 */
final class PageTable {

    private static final int BLOCK = 256;
    private static final int BLOCK_BYTES = 0x1000;
    private static final int ENTRY_BYTES = 8;
    private static final int HIGH = 4;
    private static final int BASE_L_SHIFT = 12;
    private static final int BASE_H_SHIFT = 44;
    private static final int BASE_H_MASK = 0xF;
    private static final long ENABLE = 1L << 31;

    private final MmioRegion region;

    PageTable(MmioRegion region) {
        this.region = region;
    }

    /** Low word first, then high word with ENABLE: a look-up never meets half a target. */
    void set(long page, long target) {
        long at = offsetOf(page);
        region.write(at, Integer.BYTES, target >>> BASE_L_SHIFT);
        region.write(at + HIGH, Integer.BYTES, ENABLE | target >>> BASE_H_SHIFT & BASE_H_MASK);
    }

    /** Clears ENABLE and nothing else. */
    void unset(long page) {
        long at = offsetOf(page) + HIGH;
        region.write(at, Integer.BYTES, region.read(at, Integer.BYTES) & ~ENABLE);
    }

    private static long offsetOf(long page) {
        return page / BLOCK * BLOCK_BYTES + page % BLOCK * ENTRY_BYTES;
    }
}
