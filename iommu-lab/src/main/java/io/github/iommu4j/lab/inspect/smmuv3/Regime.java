package io.github.iommu4j.lab.inspect.smmuv3;

import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;

/**
 * The shape of one set of translation tables (Arm ARM D8; IHI 0070 §5.2, §5.4), and how descriptors are taken apart.
 *
 * @param table address of the first table, aligned
 * @param inputBase lowest input address
 * @param inputBits log2 of the number of input addresses
 * @param granuleLg2 12, 14 or 16
 * @param startLevel level of the first table
 */
record Regime(long table, long inputBase, int inputBits, int granuleLg2, int startLevel) {

    static final int LAST_LEVEL = 3;

    private static final BitField ADDRESS = bits(47, 12);
    private static final BitField ADDRESS_51_48 = bits(15, 12);
    private static final int ADDRESS_BITS = 64;
    private static final int[] TG0 = {12, 16, 14, 0};
    private static final int[] TG1 = {0, 14, 12, 16};
    private static final int[][] STAGE_2_START = {{2, 1, 0, 3}, {3, 2, 1, -1}, {3, 2, 1, 0}};

    /** Stage 1, lower half. */
    static Regime lower(ContextDescriptor cd) {
        return stage1(
                ContextDescriptor.TTB.inPlace(cd.dw1()),
                ContextDescriptor.T0SZ.getInt(cd.dw0()),
                TG0[ContextDescriptor.TG0.getInt(cd.dw0())],
                0);
    }

    /** Stage 1, upper half. */
    static Regime upper(ContextDescriptor cd) {
        int size = ContextDescriptor.T1SZ.getInt(cd.dw0());
        return stage1(
                ContextDescriptor.TTB.inPlace(cd.dw2()),
                size,
                TG1[ContextDescriptor.TG1.getInt(cd.dw0())],
                -(1L << ADDRESS_BITS - size));
    }

    private static Regime stage1(long table, int sizeField, int granuleLg2, long inputBase) {
        int stride = granuleLg2 - 3;
        int level = LAST_LEVEL - (ADDRESS_BITS - 1 - sizeField - granuleLg2) / stride;
        return new Regime(table, inputBase, ADDRESS_BITS - sizeField, granuleLg2, level).aligned();
    }

    /** Stage 2. */
    static Regime stage2(StreamTableEntry entry) {
        int granuleCode = StreamTableEntry.S2TG.getInt(entry.dw2());
        int level = STAGE_2_START[granuleCode][StreamTableEntry.S2SL0.getInt(entry.dw2())];
        return new Regime(
                        StreamTableEntry.S2TTB.inPlace(entry.dw3()),
                        0,
                        ADDRESS_BITS - StreamTableEntry.S2T0SZ.getInt(entry.dw2()),
                        TG0[granuleCode],
                        level)
                .aligned();
    }

    private Regime aligned() {
        long bytes = Math.max(64, entriesAt(startLevel) * Long.BYTES);
        return new Regime(table & -bytes, inputBase, inputBits, granuleLg2, startLevel);
    }

    /** Log2 of the input addresses one entry of a level covers. */
    int shift(int level) {
        return granuleLg2 + (LAST_LEVEL - level) * (granuleLg2 - 3);
    }

    /** Entries of a table, concatenated ones of the first level together. */
    long entriesAt(int level) {
        return level == startLevel ? 1L << Math.max(0, inputBits - shift(level)) : 1L << granuleLg2 - 3;
    }

    /** The address in a table, block or page descriptor. */
    long address(long descriptor, int alignmentLg2) {
        long low = ADDRESS.inPlace(descriptor) & -(1L << alignmentLg2);
        return granuleLg2 == 16 ? low & -(1L << 16) | ADDRESS_51_48.get(descriptor) << 48 : low;
    }

    static boolean isTable(long descriptor, int level) {
        return (descriptor & 3) == 3 && level < LAST_LEVEL;
    }

    /** Whether a descriptor ends the walk with an address, wherever the granule allows it to. */
    static boolean isLeaf(long descriptor, int level) {
        return level < LAST_LEVEL ? (descriptor & 3) == 1 : (descriptor & 3) == 3;
    }
}
