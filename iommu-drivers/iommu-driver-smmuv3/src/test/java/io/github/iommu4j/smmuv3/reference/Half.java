package io.github.iommu4j.smmuv3.reference;

import static io.github.iommu4j.smmuv3.reference.Raw.bit;
import static io.github.iommu4j.smmuv3.reference.Raw.field;

/**
 * One half of the stage-1 input range: what TTB0 or TTB1 and their controls say (IHI 0070 §5.4).
 *
 * @param upper the TTB1 half, at the top of the address space
 * @param txsz T0SZ or T1SZ
 * @param granule translation granule
 * @param disabled EPD0 or EPD1
 * @param topByteIgnored TBI0 or TBI1
 * @param e0pd E0PD0 or E0PD1, where implemented
 * @param ignoresTables HAD0 or HAD1, where implemented
 * @param base the table address field, unaligned as stored
 */
record Half(
        boolean upper,
        int txsz,
        Granule granule,
        boolean disabled,
        boolean topByteIgnored,
        boolean e0pd,
        boolean ignoresTables,
        long base) {

    static Half of(long[] cd, boolean upper, StreamWorld world, IdRegisters id) {
        long dw0 = cd[0];
        long own = cd[upper ? 2 : 1];
        return new Half(
                upper,
                upper ? field(dw0, 21, 16) : field(dw0, 5, 0),
                upper ? Granule.ofTg1(field(dw0, 23, 22)) : Granule.ofTg0(field(dw0, 7, 6)),
                world.hasTwoHalves() && bit(dw0, upper ? 30 : 14),
                bit(dw0, upper ? 39 : 38),
                id.e0pd() && bit(own, 2),
                id.hierarchicalAttributeDisable() && bit(own, 1),
                Raw.inPlace(own, 51, 4));
    }

    /** Every bit above the input size equals the half's own, up to bit 55 or 63. */
    boolean inRange(long address) {
        int top = topByteIgnored ? 55 : 63;
        for (int position = 64 - txsz; position <= top; position++) {
            if (bit(address, position) != upper) {
                return false;
            }
        }
        return true;
    }
}
