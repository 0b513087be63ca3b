package io.github.iommu4j.lab.inspect.smmuv3;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;

/**
 * Finds where tables might map something, by geometry alone; whether they do, and with what permissions, is asked of
 * the hardware model. Reads a bounded number of descriptors, whatever the tables say.
 */
final class TableReader {

    private static final long UNREADABLE = -1;

    private final PhysicalMemory memory;
    private final AddressOfTable addressOfTable;
    private long budget;

    /** Turns the address of a table into a physical one; -1 when it has none. */
    @FunctionalInterface
    interface AddressOfTable {
        long physical(long address);
    }

    /** Takes a region that one descriptor maps. */
    @FunctionalInterface
    interface Visitor {
        void leaf(long iova, int sizeLg2);
    }

    TableReader(PhysicalMemory memory, AddressOfTable addressOfTable, long budget) {
        this.memory = memory;
        this.addressOfTable = addressOfTable;
        this.budget = budget;
    }

    /** Whether the bound was reached. */
    boolean isExhausted() {
        return budget <= 0;
    }

    void visit(Regime regime, Visitor visitor) {
        visit(regime, visitor, regime.table(), regime.startLevel(), regime.inputBase());
    }

    private void visit(Regime regime, Visitor visitor, long table, int level, long iova) {
        int shift = regime.shift(level);
        long entries = regime.entriesAt(level);
        for (long i = 0; i < entries && budget > 0; i++) {
            long descriptor = load(table + i * Long.BYTES);
            long at = iova + (i << shift);
            if (Regime.isTable(descriptor, level)) {
                visit(regime, visitor, regime.address(descriptor, regime.granuleLg2()), level + 1, at);
            } else if (Regime.isLeaf(descriptor, level)) {
                visitor.leaf(at, shift);
            }
        }
    }

    /** The output address of one input address; -1 when nothing maps it. */
    long lookup(Regime regime, long iova) {
        if (regime.inputBits() < Long.SIZE && iova >>> regime.inputBits() != 0) {
            return UNREADABLE;
        }
        long table = regime.table();
        for (int level = regime.startLevel(); level <= Regime.LAST_LEVEL; level++) {
            int shift = regime.shift(level);
            long descriptor = load(table + (iova >>> shift & regime.entriesAt(level) - 1) * Long.BYTES);
            if (Regime.isLeaf(descriptor, level)) {
                return regime.address(descriptor, shift) | iova & (1L << shift) - 1;
            }
            if (!Regime.isTable(descriptor, level)) {
                return UNREADABLE;
            }
            table = regime.address(descriptor, regime.granuleLg2());
        }
        return UNREADABLE;
    }

    /** A descriptor that cannot be read maps nothing. */
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
