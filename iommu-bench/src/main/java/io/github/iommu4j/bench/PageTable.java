package io.github.iommu4j.bench;

import io.github.iommu4j.api.memory.PhysicalMemory;
import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;

/**
 * A four-level page table of 4 KiB pages and 48 input bits, as stage 1 or stage 2 of VMSAv8-64 and both stages of VT-d read
 * it.
 */
final class PageTable {

    /** Bits of a descriptor that hold an address. */
    static final long ADDRESS = 0xFFFF_FFFF_F000L;

    private static final int LEVELS = 4;
    private static final long TABLE_OR_PAGE = 3;

    private final PhysicalMemory memory;
    private final LongSupplier newTable;
    private final LongUnaryOperator physical;
    private final long attributes;
    private final long root;
    private long tableBits = TABLE_OR_PAGE;

    /**
     * @param newTable takes 4 KiB of zeros in the space the table lives in
     * @param physical where an address of that space is in memory
     * @param attributes bits of a page descriptor beside the address
     */
    PageTable(PhysicalMemory memory, LongSupplier newTable, LongUnaryOperator physical, long attributes) {
        this.memory = memory;
        this.newTable = newTable;
        this.physical = physical;
        this.attributes = attributes;
        this.root = newTable.getAsLong();
    }

    /** The same table, with more bits in entries that point to tables. */
    PageTable tablesWith(long bits) {
        tableBits |= bits;
        return this;
    }

    long root() {
        return root;
    }

    void map(long input, long output) {
        long table = root;
        for (int level = 0; level < LEVELS - 1; level++) {
            long entry = physical.applyAsLong(table + offset(input, level));
            long raw = memory.load64(entry);
            if (raw == 0) {
                raw = newTable.getAsLong() | tableBits;
                memory.store64(entry, raw);
            }
            table = raw & ADDRESS;
        }
        memory.store64(physical.applyAsLong(table + offset(input, LEVELS - 1)), output | attributes | TABLE_OR_PAGE);
    }

    /** Byte offset of the entry that an input address selects in a table of a level. */
    static long offset(long input, int level) {
        return (input >>> 39 - 9 * level & 511) << 3;
    }
}
