package io.github.iommu4j.smmuv3.reference;

import static io.github.iommu4j.smmuv3.reference.Raw.bit;
import static io.github.iommu4j.smmuv3.reference.Raw.field;

/** The conditions that make a CD ILLEGAL (IHI 0070 §5.4.2). */
final class ContextEntry {

    private ContextEntry() {}

    static boolean isIllegal(long[] cd, StreamEntry ste, IdRegisters id) {
        StreamWorld world = ste.world();
        Half lower = Half.of(cd, false, world, id);
        Half upper = Half.of(cd, true, world, id);
        boolean lowerUsed = !lower.disabled();
        boolean upperUsed = world.hasTwoHalves() && !upper.disabled();
        long dw0 = cd[0];
        boolean stalls = bit(dw0, 44);
        return !bit(dw0, 31)
                || ste.stage1StallDisabled() && stalls
                || id.abortOnly() && !bit(dw0, 46)
                || id.stallModel() == 1 && stalls
                || id.stallModel() == 2 && !stalls
                || (lowerUsed || upperUsed) && id.forbidsEndian(bit(dw0, 15))
                || !bit(dw0, 41)
                || bit(dw0, 42) && id.descriptorUpdates() < 2
                || bit(dw0, 43) && id.descriptorUpdates() < 1
                || world.usesAsid() && !id.asid16() && field(dw0, 63, 56) != 0
                || lowerUsed && halfIllegal(lower, dw0, id)
                || upperUsed && halfIllegal(upper, dw0, id);
    }

    private static boolean halfIllegal(Half half, long dw0, IdRegisters id) {
        int granuleLg2 = half.granule().lg2();
        if (!id.hasGranule(granuleLg2)) {
            return true;
        }
        int least = granuleLg2 == 16 && id.largeVirtualAddresses() ? 12 : 16;
        return half.txsz() < least
                || half.txsz() > half.granule().maxTxsz(id.smallTables())
                || Raw.exceeds(half.base(), id.cappedAddressBits(field(dw0, 34, 32)))
                || granuleLg2 < 16 && Raw.exceeds(half.base(), 48);
    }
}
