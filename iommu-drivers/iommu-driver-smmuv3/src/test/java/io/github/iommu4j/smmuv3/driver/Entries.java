package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.core.pagetable.arm.LpaeRegisters;
import io.github.iommu4j.smmuv3.driver.StreamEntries.DefaultSubstream;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.EnumSet;
import java.util.Set;

/** The entries of the kernel's own test of this, with its numbers. */
record Entries(KernelRelease release) {

    static final long CD_TABLE = 0xF0F0_F0F0_F0F0L;
    static final long OTHER_CD_TABLE = 0x4B_4B4B_4B4BL;
    private static final long ROOT = 0xDAED_BEEF_DEAD_BEEFL;
    private static final int CDMAX = 0xFF;
    static final int ASID = 778;
    static final int OTHER_ASID = 1997;

    enum Extra {
        ATS,
        STALL,
        NONE
    }

    private Set<StreamTrait> traits(Extra extra) {
        Set<StreamTrait> traits = EnumSet.of(StreamTrait.UNIT_CAN_STALL, StreamTrait.ATTRIBUTES_CAN_BE_OVERRIDDEN);
        if (extra == Extra.ATS) {
            traits.add(StreamTrait.ATS);
        } else if (extra == Extra.STALL) {
            traits.add(StreamTrait.STALLS);
        }
        return traits;
    }

    private StreamEntries makers() {
        return new StreamEntries(release);
    }

    StreamTableEntry abort() {
        return makers().abort();
    }

    StreamTableEntry bypass() {
        return makers().bypass(traits(Extra.NONE));
    }

    StreamTableEntry stage1(DefaultSubstream defaultSubstream, Extra extra) {
        return stage1(CD_TABLE, defaultSubstream, extra);
    }

    StreamTableEntry stage1(long table, DefaultSubstream defaultSubstream, Extra extra) {
        long bits = StreamTableEntry.S1CONTEXTPTR.inPlace(table)
                | StreamTableEntry.S1FMT.of(2)
                | StreamTableEntry.S1CDMAX.of(CDMAX & 0x1F);
        return makers().stage1(bits, defaultSubstream, traits(extra));
    }

    StreamTableEntry stage2(Extra extra) {
        LpaeRegisters.Tcr vtcr = new LpaeRegisters.Tcr(1, 2, 3, 1, 2, 4);
        return makers().stage2(0, new LpaeRegisters.Stage2(ROOT, vtcr, 3), traits(extra));
    }

    StreamTableEntry nested(DefaultSubstream defaultSubstream, Extra extra) {
        StreamTableEntry guest = stage1(defaultSubstream, extra);
        return makers().nested(guest.dw0(), guest.dw1(), stage2(extra));
    }

    private static LpaeRegisters.Stage1 registers() {
        return new LpaeRegisters.Stage1(ROOT, 0xABC_DEF0_1234_5678L, new LpaeRegisters.Tcr(1, 2, 3, 1, 2, 4));
    }

    ContextDescriptor stage1Context(int asid) {
        return ContextDescriptors.stage1(asid, registers(), traits(Extra.NONE));
    }

    ContextDescriptor sva(int asid) {
        return new ContextDescriptors(release).sva(asid, registers(), traits(Extra.NONE));
    }

    ContextDescriptor svaReleased(int asid) {
        return new ContextDescriptors(release).svaReleased(asid, registers(), traits(Extra.NONE));
    }

    static long[] words(StreamTableEntry e) {
        return new long[] {e.dw0(), e.dw1(), e.dw2(), e.dw3(), e.dw4(), e.dw5(), e.dw6(), e.dw7()};
    }

    static long[] words(ContextDescriptor e) {
        return new long[] {e.dw0(), e.dw1(), e.dw2(), e.dw3(), e.dw4(), e.dw5(), e.dw6(), e.dw7()};
    }
}
