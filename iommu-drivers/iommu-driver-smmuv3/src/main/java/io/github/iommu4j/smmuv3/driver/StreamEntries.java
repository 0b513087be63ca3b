package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.core.pagetable.arm.LpaeRegisters;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.Set;

/** Makes stream table entries (IHI 0070 §5.2) as Linux does. Pure. */
final class StreamEntries {

    private static final int INCOMING = 1;
    private static final int WRITE_BACK = 1;
    private static final int INNER_SHAREABLE = 3;
    private static final int EATS_FULL = 1;
    private static final int STRW_EL2 = 2;

    private final KernelRelease release;

    /** S1DSS: what becomes of requests without SubstreamID where there is a table of contexts; in the field's order. */
    enum DefaultSubstream {
        /** They are terminated. */
        TERMINATE,
        /** They pass stage 1 by. */
        BYPASS,
        /** They use SubstreamID 0. */
        SUBSTREAM_0
    }

    /** Of a release. */
    StreamEntries(KernelRelease release) {
        this.release = release;
    }

    /** Aborts everything. */
    StreamTableEntry abort() {
        return entry(StreamTableEntry.V.mask(), release.smmuv3SetsShareabilityAlways() ? incoming() : 0, 0, 0);
    }

    /** Lets everything through. */
    StreamTableEntry bypass(Set<StreamTrait> traits) {
        return entry(configured(StreamTableEntry.CONFIG_BYPASS), shareability(traits), 0, 0);
    }

    /**
     * Stage 1 through a context table.
     *
     * @param table the table
     * @param withoutSubstream what becomes of requests without SubstreamID
     * @param traits of the unit and its master
     */
    StreamTableEntry stage1(ContextTable table, DefaultSubstream withoutSubstream, Set<StreamTrait> traits) {
        return stage1(table.entryBits(), withoutSubstream, traits);
    }

    /** The same with {@link ContextTable#entryBits}. */
    StreamTableEntry stage1(long table, DefaultSubstream withoutSubstream, Set<StreamTrait> traits) {
        boolean unstallable = traits.contains(StreamTrait.UNIT_CAN_STALL) && !traits.contains(StreamTrait.STALLS);
        long word1 = StreamTableEntry.S1DSS.of(withoutSubstream.ordinal())
                | StreamTableEntry.S1CIR.of(WRITE_BACK)
                | StreamTableEntry.S1COR.of(WRITE_BACK)
                | StreamTableEntry.S1CSH.of(INNER_SHAREABLE)
                | StreamTableEntry.S1STALLD.of(unstallable ? 1 : 0)
                | translationRequests(traits)
                | StreamTableEntry.STRW.of(traits.contains(StreamTrait.E2H) ? STRW_EL2 : 0);
        if (withoutSubstream == DefaultSubstream.BYPASS) {
            word1 |= shareability(traits);
        }
        return entry(configured(StreamTableEntry.CONFIG_STAGE1) | table, word1, 0, 0);
    }

    /**
     * Stage 2 through a page table.
     *
     * @param vmid not 0 where streams of the unit use stage 1 only, which have 0
     * @param pageTable where it is
     * @param traits of the unit and its master
     */
    StreamTableEntry stage2(int vmid, LpaeRegisters.Stage2 pageTable, Set<StreamTrait> traits) {
        boolean stalls = traits.contains(StreamTrait.STALLS) && release.smmuv3StallsAtStage2();
        LpaeRegisters.Tcr vtcr = pageTable.vtcr();
        long word2 = StreamTableEntry.S2VMID.of(vmid)
                | StreamTableEntry.S2T0SZ.of(vtcr.tsz())
                | StreamTableEntry.S2SL0.of(pageTable.sl())
                | StreamTableEntry.S2IR0.of(vtcr.irgn())
                | StreamTableEntry.S2OR0.of(vtcr.orgn())
                | StreamTableEntry.S2SH0.of(vtcr.sh())
                | StreamTableEntry.S2TG.of(vtcr.tg())
                | StreamTableEntry.S2PS.of(vtcr.ps())
                | StreamTableEntry.S2AA64.mask()
                | StreamTableEntry.S2PTW.mask()
                | StreamTableEntry.S2S.of(stalls ? 1 : 0)
                | StreamTableEntry.S2R.mask();
        long word1 = translationRequests(traits) | shareability(traits);
        return entry(
                configured(StreamTableEntry.CONFIG_STAGE2),
                word1,
                word2,
                StreamTableEntry.S2TTB.inPlace(pageTable.vttbr()));
    }

    /**
     * A guest's stage 1 over a stage 2; events are merged, so that a guest cannot fill the event queue alone.
     *
     * @param guestWord0 what the guest's own entry says of stage 1 in word 0, already checked: S1ContextPtr, S1Fmt, S1CDMax
     * @param guestWord1 the same in word 1: S1DSS, S1CIR, S1COR, S1CSH, S1STALLD, EATS
     * @param stage2 the stage 2
     */
    StreamTableEntry nested(long guestWord0, long guestWord1, StreamTableEntry stage2) {
        long word0 =
                StreamTableEntry.CONFIG.with(guestWord0, StreamTableEntry.CONFIG_NESTED) | StreamTableEntry.V.mask();
        long word1 = guestWord1 | stage2.dw1() | StreamTableEntry.MEV.mask();
        return entry(word0, word1, stage2.dw2(), stage2.dw3());
    }

    private static long configured(int config) {
        return StreamTableEntry.V.mask() | StreamTableEntry.CONFIG.of(config);
    }

    private static long translationRequests(Set<StreamTrait> traits) {
        return StreamTableEntry.EATS.of(traits.contains(StreamTrait.ATS) ? EATS_FULL : 0);
    }

    private long shareability(Set<StreamTrait> traits) {
        boolean said =
                traits.contains(StreamTrait.ATTRIBUTES_CAN_BE_OVERRIDDEN) || release.smmuv3SetsShareabilityAlways();
        return said ? incoming() : 0;
    }

    private static long incoming() {
        return StreamTableEntry.SHCFG.of(INCOMING);
    }

    private static StreamTableEntry entry(long word0, long word1, long word2, long word3) {
        return new StreamTableEntry(word0, word1, word2, word3, 0, 0, 0, 0);
    }
}
