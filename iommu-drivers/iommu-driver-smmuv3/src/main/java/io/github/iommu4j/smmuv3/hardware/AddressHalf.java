package io.github.iommu4j.smmuv3.hardware;

import org.jspecify.annotations.Nullable;

/**
 * One half of a stream's input address space: which addresses belong to it, who may use it, and the stage-1 table
 * behind it, if any. Immutable.
 */
final class AddressHalf {

    /** A half where everything faults. */
    static final AddressHalf CLOSED = new AddressHalf(0, 0, 3, null, 0);

    /** Where a legal address, compared with {@link #expected}, differs nowhere. */
    final long rangeMask;

    final long expected;

    /** Bit 0: closed to unprivileged accesses; bit 1: to privileged ones. */
    final int closedTo;

    final @Nullable TableFormat table;

    /** Which of APTable, UXNTable, PXNTable count: bits 3 to 0 stand for descriptor bits 62 to 59. */
    final int hierarchy;

    private AddressHalf(long rangeMask, long expected, int closedTo, @Nullable TableFormat table, int hierarchy) {
        this.rangeMask = rangeMask;
        this.expected = expected;
        this.closedTo = closedTo;
        this.table = table;
        this.hierarchy = hierarchy;
    }

    /** Addresses below a limit, not translated by stage 1. */
    static AddressHalf below(int bits) {
        return new AddressHalf(-1L << bits, 0, 0, null, 0);
    }

    /** The addresses the table of TTB0 translates: leading bits all 0. */
    static AddressHalf lower(TableFormat table, boolean topByteIgnored, int closedTo, int hierarchy) {
        return new AddressHalf(rangeMask(table, topByteIgnored), 0, closedTo, table, hierarchy);
    }

    /** The addresses the table of TTB1 translates: leading bits all 1. */
    static AddressHalf upper(TableFormat table, boolean topByteIgnored, int closedTo, int hierarchy) {
        return new AddressHalf(rangeMask(table, topByteIgnored), -1L, closedTo, table, hierarchy);
    }

    private static long rangeMask(TableFormat table, boolean topByteIgnored) {
        return -1L << table.inputBits & (topByteIgnored ? -1L >>> 8 : -1L);
    }

    boolean admits(long address, int access) {
        return ((address ^ expected) & rangeMask) == 0 && (closedTo >>> (access >>> 3 & 1) & 1) == 0;
    }
}
