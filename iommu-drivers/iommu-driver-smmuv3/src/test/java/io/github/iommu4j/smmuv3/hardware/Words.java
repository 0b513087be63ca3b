package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;

/** Eight words being filled in: an STE or a CD, and legal ones to start from. */
final class Words {

    private final long[] words = new long[8];

    /** A stage-1 STE with one CD. */
    static Words stage1(long contextDescriptor) {
        return new Words()
                .set(0, StreamTableEntry.V, 1)
                .set(0, StreamTableEntry.CONFIG, StreamTableEntry.CONFIG_STAGE1)
                .put(0, StreamTableEntry.S1CONTEXTPTR, contextDescriptor)
                .set(1, StreamTableEntry.SHCFG, 1);
    }

    /** A stage-2 STE: 4 KiB granule, 39-bit IPA, starts at level 1, records faults. */
    static Words stage2(long table) {
        return new Words()
                .set(0, StreamTableEntry.V, 1)
                .set(0, StreamTableEntry.CONFIG, StreamTableEntry.CONFIG_STAGE2)
                .set(1, StreamTableEntry.SHCFG, 1)
                .set(2, StreamTableEntry.S2T0SZ, 25)
                .set(2, StreamTableEntry.S2SL0, 1)
                .set(2, StreamTableEntry.S2PS, 5)
                .set(2, StreamTableEntry.S2AA64, 1)
                .set(2, StreamTableEntry.S2R, 1)
                .put(3, StreamTableEntry.S2TTB, table);
    }

    /** A nested STE. */
    static Words nested(long contextDescriptor, long table) {
        return stage2(table)
                .set(0, StreamTableEntry.CONFIG, StreamTableEntry.CONFIG_NESTED)
                .put(0, StreamTableEntry.S1CONTEXTPTR, contextDescriptor);
    }

    /** A CD: 4 KiB granule, 39-bit addresses below, nothing above, 48-bit output, A and R. */
    static Words context(long table) {
        return new Words()
                .set(0, ContextDescriptor.T0SZ, 25)
                .set(0, ContextDescriptor.EPD1, 1)
                .set(0, ContextDescriptor.V, 1)
                .set(0, ContextDescriptor.IPS, 5)
                .set(0, ContextDescriptor.AA64, 1)
                .set(0, ContextDescriptor.R, 1)
                .set(0, ContextDescriptor.A, 1)
                .set(0, ContextDescriptor.ASID, 1)
                .put(1, ContextDescriptor.TTB, table)
                .word(3, 0x04_44_00_FFL);
    }

    Words set(int word, BitField field, long value) {
        words[word] = field.with(words[word], value);
        return this;
    }

    /** Sets an address field from a whole address. */
    Words put(int word, BitField field, long address) {
        words[word] = words[word] & ~field.mask() | field.inPlace(address);
        return this;
    }

    Words word(int word, long value) {
        words[word] = value;
        return this;
    }

    StreamTableEntry ste() {
        return new StreamTableEntry(words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7]);
    }

    ContextDescriptor cd() {
        return new ContextDescriptor(words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7]);
    }
}
