package io.github.iommu4j.smmuv3.hardware;

import static io.github.iommu4j.smmuv3.layout.StreamTableEntry.*;

import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import org.jspecify.annotations.Nullable;

/**
 * What makes an STE ILLEGAL, in the order of IHI 0070 §5.2.2. An STE that breaks a rule acts as one with V=0.
 *
 * <p>Reserved bits are ignored. Rules of Secure state, LPAE and SMMUv3.4 do not apply to this model.
 */
enum SteRule {
    /** V=0. */
    VALID("V=0"),
    /** Stage 1 selected and S1P=0. */
    STAGE1_PRESENT("Config selects stage 1 and IDR0.S1P=0"),
    /** Stage 2 selected and S2P=0. */
    STAGE2_PRESENT("Config selects stage 2 and IDR0.S2P=0"),
    /** Split-stage ATS without its conditions. */
    SPLIT_ATS("EATS=0b10 needs Config=0b111, S2S=0 and IDR0.NS1ATS=0"),
    /** ATS with stalls at stage 2. */
    ATS_NEVER_STALLS("EATS=0b01 and S2S=1"),
    /** STRW. */
    STREAM_WORLD("STRW is reserved"),
    /** S1STALLD. */
    STALL_DISABLE("S1STALLD=1 and IDR0.STALL_MODEL is not 0b00"),
    /** S1CDMax. */
    CONTEXT_COUNT("S1CDMax is larger than IDR1.SSIDSIZE"),
    /** S1Fmt. */
    CONTEXT_FORMAT("S1Fmt is two-level and IDR0.CD2L=0"),
    /** S1ContextPtr. */
    CONTEXT_POINTER("S1ContextPtr is beyond the address size"),
    /** S2S. */
    STAGE2_STALL("S2S contradicts IDR0.STALL_MODEL"),
    /** S2AA64. */
    STAGE2_TABLES("S2AA64=0 and LPAE tables are not implemented"),
    /** S2HA and S2HD. */
    STAGE2_UPDATE("S2HA or S2HD is not supported by IDR0.HTTU"),
    /** S2TG. */
    STAGE2_GRANULE("S2TG is reserved or not implemented"),
    /** S2TTB. */
    STAGE2_BASE("S2TTB is beyond the size S2PS gives"),
    /** S2T0SZ. */
    STAGE2_SIZE("S2T0SZ is out of range"),
    /** S2SL0. */
    STAGE2_START("S2SL0 contradicts S2T0SZ and S2TG"),
    /** S2ENDI. */
    STAGE2_ENDIANNESS("S2ENDI is not supported by IDR0.TTENDIAN"),
    /** S2VMID. */
    VMID("S2VMID[15:8] is not zero and IDR0.VMID16=0");

    private final String text;

    SteRule(String text) {
        this.text = text;
    }

    /** The condition that made the STE ILLEGAL. */
    String text() {
        return text;
    }

    /** The first rule an STE breaks, or {@code null} for a legal one. */
    static @Nullable SteRule brokenBy(StreamTableEntry ste, Smmuv3Capabilities has) {
        if (!ste.valid()) {
            return VALID;
        }
        if (ste.config() < CONFIG_BYPASS) {
            return null;
        }
        SteRule broken = ofStages(ste, has);
        if (broken == null && ste.config() != CONFIG_BYPASS && has.ats()) {
            broken = ofAts(ste, has);
        }
        if (broken == null && isStreamWorldUsed(ste, has) && (STRW.get(ste.dw1()) & 1) != 0) {
            broken = STREAM_WORLD;
        }
        if (broken == null && ste.usesStage1()) {
            broken = ofStage1(ste, has);
        }
        if (broken == null && ste.usesStage2()) {
            broken = ofStage2(ste, has);
        }
        return broken != null ? broken : ofVmid(ste, has);
    }

    /** Whether STRW counts: stage 1 only, and EL2 streams exist. */
    static boolean isStreamWorldUsed(StreamTableEntry ste, Smmuv3Capabilities has) {
        return ste.config() == CONFIG_STAGE1 && has.s1p() && has.hyp();
    }

    private static @Nullable SteRule ofStages(StreamTableEntry ste, Smmuv3Capabilities has) {
        if (ste.usesStage1() && !has.s1p()) {
            return STAGE1_PRESENT;
        }
        return ste.usesStage2() && !has.s2p() ? STAGE2_PRESENT : null;
    }

    private static @Nullable SteRule ofAts(StreamTableEntry ste, Smmuv3Capabilities has) {
        int eats = EATS.getInt(ste.dw1());
        boolean stalls = S2S.isSet(ste.dw2());
        if (eats == 2 && (ste.config() != CONFIG_NESTED || stalls || has.ns1ats())) {
            return SPLIT_ATS;
        }
        return eats == 1 && stalls && ste.usesStage2() ? ATS_NEVER_STALLS : null;
    }

    private static @Nullable SteRule ofStage1(StreamTableEntry ste, Smmuv3Capabilities has) {
        if (S1STALLD.isSet(ste.dw1()) && has.stallModel() != 0) {
            return STALL_DISABLE;
        }
        long contexts = S1CDMAX.get(ste.dw0());
        if (has.ssidSize() != 0 && contexts > has.ssidSize()) {
            return CONTEXT_COUNT;
        }
        int format = S1FMT.getInt(ste.dw0());
        if (has.ssidSize() != 0 && contexts != 0 && !has.cd2l() && (format == 1 || format == 2)) {
            return CONTEXT_FORMAT;
        }
        int limit = ste.usesStage2() ? has.iasBits() : has.oasBits();
        return Log2.fits(S1CONTEXTPTR.inPlace(ste.dw0()), limit) ? null : CONTEXT_POINTER;
    }

    private static @Nullable SteRule ofStage2(StreamTableEntry ste, Smmuv3Capabilities has) {
        boolean stalls = S2S.isSet(ste.dw2());
        if (stalls && has.stallModel() == 1 || !stalls && has.stallModel() == 2) {
            return STAGE2_STALL;
        }
        if (!S2AA64.isSet(ste.dw2()) || !has.ttfAArch64()) {
            return STAGE2_TABLES;
        }
        boolean flag = S2HA.isSet(ste.dw2());
        boolean dirty = S2HD.isSet(ste.dw2());
        if ((flag || dirty) && has.httu() == 0 || dirty && has.httu() == 1) {
            return STAGE2_UPDATE;
        }
        return ofStage2Tables(ste, has);
    }

    private static @Nullable SteRule ofStage2Tables(StreamTableEntry ste, Smmuv3Capabilities has) {
        Granules granules = new Granules(has);
        int granule = granules.ofTg0(S2TG.getInt(ste.dw2()));
        if (granule == Granules.NONE) {
            return STAGE2_GRANULE;
        }
        int outputBits = granules.addressBits(S2PS.getInt(ste.dw2()));
        if (!Log2.fits(S2TTB.inPlace(ste.dw3()), granule < 16 ? Math.min(48, outputBits) : outputBits)) {
            return STAGE2_BASE;
        }
        int size = S2T0SZ.getInt(ste.dw2());
        if (!granules.isStage2SizeLegal(size, granule)) {
            return STAGE2_SIZE;
        }
        int start = granules.stage2StartLevel(S2SL0.getInt(ste.dw2()), granule);
        if (start < 0 || !Granules.isStage2StartConsistent(start, 64 - size, granule)) {
            return STAGE2_START;
        }
        int endianness = has.ttendian();
        boolean big = S2ENDI.isSet(ste.dw2());
        return endianness == 2 && big || endianness == 3 && !big ? STAGE2_ENDIANNESS : null;
    }

    private static @Nullable SteRule ofVmid(StreamTableEntry ste, Smmuv3Capabilities has) {
        boolean ignored =
                !has.s2p() || ste.config() == CONFIG_BYPASS || isStreamWorldUsed(ste, has) && STRW.get(ste.dw1()) != 0;
        return !ignored && !has.vmid16() && S2VMID.get(ste.dw2()) > 0xFF ? VMID : null;
    }
}
