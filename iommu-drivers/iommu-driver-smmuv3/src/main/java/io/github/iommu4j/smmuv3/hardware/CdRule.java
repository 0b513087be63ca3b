package io.github.iommu4j.smmuv3.hardware;

import static io.github.iommu4j.smmuv3.layout.ContextDescriptor.*;

import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import org.jspecify.annotations.Nullable;

/**
 * What makes a CD ILLEGAL, in the order of IHI 0070 §5.4.2. Some rules depend on the stream that reads the CD: the same
 * CD may be legal for one and not for another.
 *
 * <p>Rules of LPAE and SMMUv3.4 do not apply to this model.
 */
enum CdRule {
    /** V=0. */
    VALID("V=0"),
    /** S with S1STALLD. */
    STALL_DISABLED("S=1 and STE.S1STALLD=1"),
    /** A. */
    TERMINATION("A=0 and IDR0.TERM_MODEL=1"),
    /** S. */
    STALL("S contradicts IDR0.STALL_MODEL"),
    /** ENDI. */
    ENDIANNESS("ENDI is not supported by IDR0.TTENDIAN"),
    /** AA64. */
    TABLES("AA64=0 and LPAE tables are not implemented"),
    /** HA and HD. */
    UPDATE("HA or HD is not supported by IDR0.HTTU"),
    /** ASID. */
    ASID_SIZE("ASID[15:8] is not zero and IDR0.ASID16=0"),
    /** T0SZ and T1SZ. */
    SIZE("TxSZ is out of range"),
    /** TG0 and TG1. */
    GRANULE("TGx is reserved or not implemented"),
    /** TTB0 and TTB1. */
    BASE("TTBx is beyond the size IPS gives");

    private final String text;

    CdRule(String text) {
        this.text = text;
    }

    /** The condition that made the CD ILLEGAL. */
    String text() {
        return text;
    }

    /** The first rule a CD breaks for a stream, or {@code null} for a legal one. */
    static @Nullable CdRule brokenBy(ContextDescriptor cd, Stream stream, Smmuv3Capabilities has) {
        long dw0 = cd.dw0();
        if (!cd.valid()) {
            return VALID;
        }
        boolean stalls = S.isSet(dw0);
        if (stalls && StreamTableEntry.S1STALLD.isSet(stream.ste().dw1())) {
            return STALL_DISABLED;
        }
        if (has.termModel() && !A.isSet(dw0)) {
            return TERMINATION;
        }
        if (stalls && has.stallModel() == 1 || !stalls && has.stallModel() == 2) {
            return STALL;
        }
        boolean lower = isLowerUsed(dw0, stream);
        boolean upper = isUpperUsed(dw0, stream);
        boolean big = ENDI.isSet(dw0);
        if ((lower || upper) && (has.ttendian() == 2 && big || has.ttendian() == 3 && !big)) {
            return ENDIANNESS;
        }
        CdRule broken = ofFormat(dw0, stream, has);
        if (broken == null && lower) {
            broken = ofHalf(dw0, cd.dw1(), false, has);
        }
        if (broken == null && upper) {
            broken = ofHalf(dw0, cd.dw2(), true, has);
        }
        return broken;
    }

    /** Whether TTB0 is used: EPD0 does not exist for streams with one half. */
    static boolean isLowerUsed(long dw0, Stream stream) {
        return !stream.world().hasTwoHalves() || !EPD0.isSet(dw0);
    }

    static boolean isUpperUsed(long dw0, Stream stream) {
        return stream.world().hasTwoHalves() && !EPD1.isSet(dw0);
    }

    private static @Nullable CdRule ofFormat(long dw0, Stream stream, Smmuv3Capabilities has) {
        if (!AA64.isSet(dw0) || !has.ttfAArch64()) {
            return TABLES;
        }
        boolean flag = HA.isSet(dw0);
        boolean dirty = HD.isSet(dw0);
        if ((flag || dirty) && has.httu() == 0 || dirty && has.httu() == 1) {
            return UPDATE;
        }
        boolean tooLarge = !has.asid16() && ASID.get(dw0) > 0xFF;
        return tooLarge && stream.world().hasAsid() ? ASID_SIZE : null;
    }

    private static @Nullable CdRule ofHalf(long dw0, long word, boolean upper, Smmuv3Capabilities has) {
        Granules granules = new Granules(has);
        int granule = upper ? granules.ofTg1(TG1.getInt(dw0)) : granules.ofTg0(TG0.getInt(dw0));
        if (granule == Granules.NONE) {
            return GRANULE;
        }
        if (!granules.isStage1SizeLegal((upper ? T1SZ : T0SZ).getInt(dw0), granule)) {
            return SIZE;
        }
        int bits = granules.addressBits(IPS.getInt(dw0));
        return Log2.fits(TTB.inPlace(word), granule < 16 ? Math.min(48, bits) : bits) ? null : BASE;
    }
}
