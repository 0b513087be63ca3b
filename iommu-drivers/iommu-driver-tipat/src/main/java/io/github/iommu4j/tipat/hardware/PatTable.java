package io.github.iommu4j.tipat.hardware;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.bits.Log2;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The table in the PAT's own SRAM (region {@code table}): blocks of 4 KiB that hold 256 entries of 8 bytes in their lower
 * half. The upper half of a block is a hole.
 *
 * <p>Software reaches it with aligned 32-bit accesses; everything else, holes, and what lies beyond the last entry read
 * zero and ignore writes.
 *
 * <p>A look-up reads both words of an entry at once, as the hardware does in one cycle: with two loads it could pair the
 * low word from before an update with the high word from after it, although the update went by way of a disabled entry.
 */
final class PatTable implements MmioRegion {

    private static final int BLOCK_LG2 = 12;
    private static final int BLOCK_ENTRIES_LG2 = 8;
    private static final int BLOCK_ENTRIES = 1 << BLOCK_ENTRIES_LG2;
    private static final int ENTRY_LG2 = 3;
    private static final VarHandle ENTRY = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] entries;

    PatTable(int pages) {
        this.entries = new long[pages];
    }

    /** Both words of an entry, at one moment. */
    long entry(int index) {
        return (long) ENTRY.getAcquire(entries, index);
    }

    int pages() {
        return entries.length;
    }

    /** Where an entry stands, in bytes from the start of the region. */
    static long offsetOf(long index) {
        return (index >>> BLOCK_ENTRIES_LG2 << BLOCK_LG2) + ((index & BLOCK_ENTRIES - 1) << ENTRY_LG2);
    }

    @Override
    public long size() {
        int blocks = entries.length + BLOCK_ENTRIES - 1 >>> BLOCK_ENTRIES_LG2;
        return (long) blocks << BLOCK_LG2;
    }

    @Override
    public long read(long offset, int width) {
        int index = indexAt(offset, width);
        return index < 0 ? 0 : entry(index) >>> shiftOf(offset) & Log2.mask(32);
    }

    @Override
    public void write(long offset, int width, long value) {
        int index = indexAt(offset, width);
        if (index < 0) {
            return;
        }
        long lanes = Log2.mask(32) << shiftOf(offset);
        long written = value << shiftOf(offset) & lanes & TableEntry.IMPLEMENTED;
        long before;
        do {
            before = entry(index);
        } while (!ENTRY.compareAndSet(entries, index, before, before & ~lanes | written));
    }

    void reset() {
        for (int index = 0; index < entries.length; index++) {
            ENTRY.setRelease(entries, index, 0L);
        }
    }

    /** The entry an access reaches, or -1. */
    private int indexAt(long offset, int width) {
        if (width != Integer.BYTES || !Log2.isAligned(offset, 2) || offset < 0 || offset >= size()) {
            return -1;
        }
        int slot = (int) (offset & Log2.mask(BLOCK_LG2)) >>> ENTRY_LG2;
        int index = (int) (offset >>> BLOCK_LG2) << BLOCK_ENTRIES_LG2 | slot;
        return slot < BLOCK_ENTRIES && index < entries.length ? index : -1;
    }

    private static int shiftOf(long offset) {
        return (int) (offset & Integer.BYTES) * Byte.SIZE;
    }
}
