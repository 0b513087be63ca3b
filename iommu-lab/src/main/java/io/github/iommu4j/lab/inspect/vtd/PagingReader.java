package io.github.iommu4j.lab.inspect.vtd;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.vtd.layout.FirstStageEntry;
import io.github.iommu4j.vtd.layout.SecondStageEntry;

/**
 * Finds where tables might map something, by geometry alone; whether they do, and with what permissions, is asked of the
 * hardware model. Reads a bounded number of entries, whatever the tables say.
 */
final class PagingReader {

    private static final long UNREADABLE = -1;
    private static final int ENTRIES = 512;
    private static final long READ_WRITE_EXECUTE = 7;

    private final PhysicalMemory memory;
    private final AddressOfTable addressOfTable;
    private long budget;

    /** Turns the address of a table into a physical one; -1 when it has none. */
    @FunctionalInterface
    interface AddressOfTable {
        long physical(long address);
    }

    /** Takes a region that one entry maps. */
    @FunctionalInterface
    interface Visitor {
        void leaf(long iova, int sizeLg2);
    }

    PagingReader(PhysicalMemory memory, AddressOfTable addressOfTable, long budget) {
        this.memory = memory;
        this.addressOfTable = addressOfTable;
        this.budget = budget;
    }

    /** Whether the bound was reached. */
    boolean isExhausted() {
        return budget <= 0;
    }

    /** Visits a first stage: the upper half of its input addresses is at the top of the address space. */
    void visitFirst(PagingStructure structure, Visitor visitor) {
        int unused = Long.SIZE - PagingStructure.shift(structure.levels()) - 9;
        visit(structure.table(), structure.levels(), 0, (iova, lg2) -> visitor.leaf(iova << unused >> unused, lg2));
    }

    void visitSecond(PagingStructure structure, Visitor visitor) {
        visit(structure.table(), structure.levels(), 0, visitor);
    }

    private void visit(long table, int level, long iova, Visitor visitor) {
        int shift = PagingStructure.shift(level);
        for (long i = 0; i < ENTRIES && budget > 0; i++) {
            long entry = load(table + i * Long.BYTES);
            if ((entry & READ_WRITE_EXECUTE) == 0) {
                continue;
            }
            if (level == 1 || SecondStageEntry.PS.isSet(entry)) {
                visitor.leaf(iova + (i << shift), shift);
            } else {
                visit(SecondStageEntry.ADDRESS.inPlace(entry), level - 1, iova + (i << shift), visitor);
            }
        }
    }

    /** The output address of one input address of a second stage; -1 when nothing maps it. */
    long lookUp(PagingStructure structure, long address) {
        long table = structure.table();
        for (int level = structure.levels(); level > 0; level--) {
            int shift = PagingStructure.shift(level);
            long entry = load(table + (address >>> shift & ENTRIES - 1) * Long.BYTES);
            if ((entry & READ_WRITE_EXECUTE) == 0) {
                return UNREADABLE;
            }
            if (level == 1 || SecondStageEntry.PS.isSet(entry)) {
                return SecondStageEntry.ADDRESS.inPlace(entry) & -(1L << shift) | address & (1L << shift) - 1;
            }
            table = FirstStageEntry.ADDRESS.inPlace(entry);
        }
        return UNREADABLE;
    }

    /** An entry that cannot be read maps nothing. */
    private long load(long address) {
        budget--;
        long physical = addressOfTable.physical(address);
        if (physical == UNREADABLE) {
            return 0;
        }
        try {
            return memory.load64(physical);
        } catch (BusErrorException e) {
            return 0;
        }
    }
}
