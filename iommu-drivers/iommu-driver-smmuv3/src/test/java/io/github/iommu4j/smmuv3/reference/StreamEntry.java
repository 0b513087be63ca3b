package io.github.iommu4j.smmuv3.reference;

import static io.github.iommu4j.smmuv3.reference.Raw.bit;
import static io.github.iommu4j.smmuv3.reference.Raw.field;

/** One STE as fetched, with the conditions that make it ILLEGAL (IHI 0070 §5.2). */
final class StreamEntry {

    private final long[] words;
    private final IdRegisters id;
    private final ControlRegisters control;

    StreamEntry(long[] words, IdRegisters id, ControlRegisters control) {
        this.words = words;
        this.id = id;
        this.control = control;
    }

    long[] words() {
        return words;
    }

    boolean aborts() {
        return !bit(words[0], 3);
    }

    boolean stage1() {
        return bit(words[0], 1);
    }

    boolean stage2() {
        return bit(words[0], 2);
    }

    boolean stage1StallDisabled() {
        return bit(words[1], 27);
    }

    long contextPointer() {
        return Raw.inPlace(words[0], 51, 6);
    }

    /** log2 of the number of CDs; 0 where substreams do not exist. */
    int contextBits() {
        return id.ssidSize() == 0 ? 0 : field(words[0], 63, 59);
    }

    int contextFormat() {
        int format = field(words[0], 5, 4);
        return format == 3 ? 0 : format;
    }

    int defaultSubstream() {
        return field(words[1], 1, 0);
    }

    /** Whether STRW says anything: only where stage 1 stands alone and EL2 exists. */
    private boolean streamWorldInUse() {
        return id.stage1() && id.el2() && stage1() && !stage2();
    }

    StreamWorld world() {
        if (!streamWorldInUse() || field(words[1], 31, 30) == 0) {
            return StreamWorld.EL1;
        }
        return control.el2HostExtensions() ? StreamWorld.EL2_E2H : StreamWorld.EL2;
    }

    boolean isIllegal() {
        if (!bit(words[0], 0)) {
            return true;
        }
        if (aborts()) {
            return false;
        }
        return stage1() && !id.stage1()
                || stage2() && !id.stage2()
                || id.ats() && (stage1() || stage2()) && atsIllegal()
                || streamWorldInUse() && bit(words[1], 30)
                || stage1() && stage1Illegal()
                || stage2() && stage2Illegal()
                || vmidTooLarge();
    }

    /** EATS (rules 4 and 5 of §5.2.2): split-stage needs both stages, and neither kind goes with stalls at stage 2. */
    private boolean atsIllegal() {
        boolean stalls = bit(words[2], 57);
        return switch (field(words[1], 29, 28)) {
            case 1 -> stalls && stage2();
            case 2 -> !stage1() || !stage2() || stalls || id.noSplitStageAts();
            default -> false;
        };
    }

    private boolean stage1Illegal() {
        int contextPointerBits = stage2() ? id.intermediateAddressBits() : id.outputAddressBits();
        return stage1StallDisabled() && id.stallModel() != 0
                || contextBits() > id.ssidSize()
                || contextBits() != 0 && !id.twoLevelContexts() && contextFormat() != 0
                || Raw.exceeds(contextPointer(), contextPointerBits);
    }

    private boolean stage2Illegal() {
        long dw2 = words[2];
        Granule granule = Granule.ofTg0(field(dw2, 47, 46));
        boolean stalls = bit(dw2, 57);
        boolean updatesTooMuch =
                bit(dw2, 55) && id.descriptorUpdates() < 2 || bit(dw2, 56) && id.descriptorUpdates() < 1;
        return stalls && id.stallModel() == 1
                || !stalls && id.stallModel() == 2
                || !bit(dw2, 51)
                || updatesTooMuch
                || !id.hasGranule(granule.lg2())
                || stage2BaseOutOfRange(granule)
                || stage2RangeIllegal(granule)
                || id.forbidsEndian(bit(dw2, 52));
    }

    private boolean stage2BaseOutOfRange(Granule granule) {
        long base = Raw.inPlace(words[3], 51, 4);
        return Raw.exceeds(base, id.cappedAddressBits(field(words[2], 50, 48)))
                || granule.lg2() < 16 && Raw.exceeds(base, 48);
    }

    private boolean stage2RangeIllegal(Granule granule) {
        int txsz = field(words[2], 37, 32);
        int least = Math.max(granule.lg2() == 16 ? 12 : 16, 64 - id.intermediateAddressBits());
        if (txsz < least || txsz > granule.maxTxsz(id.smallTables())) {
            return true;
        }
        int start = granule.stage2StartLevel(field(words[2], 39, 38), id.smallTables());
        if (start < 0) {
            return true;
        }
        int levelsBelow = 3 - start;
        int leastBits = levelsBelow * granule.stride() + granule.lg2() + 1;
        int mostBits = leastBits + granule.stride() - 1 + 4;
        int bits = 64 - txsz;
        return bits < leastBits || bits > mostBits;
    }

    private boolean vmidTooLarge() {
        boolean ignored = !id.stage2() || !stage1() && !stage2() || world() != StreamWorld.EL1;
        return !ignored && !id.vmid16() && field(words[2], 15, 8) != 0;
    }
}
