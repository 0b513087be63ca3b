package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.core.bits.Log2;

/**
 * The protected memory regions (Intel VT-d §3.15, §11.4 PMEN_REG): DMA that is not remapped does not reach them. Both limits
 * are inclusive, and the unit of both regions is {@value #UNIT_LG2} address bits. Immutable.
 *
 * @param low the region of PLMBASE_REG and PLMLIMIT_REG
 * @param high the region of PHMBASE_REG and PHMLIMIT_REG
 */
record ProtectedMemory(Region low, Region high) {

    /** Address bits below the ones that the registers implement. */
    static final int UNIT_LG2 = 20;

    /** A range of addresses, empty when the limit lies below the base. */
    record Region(long base, long limit) {

        static final Region NONE = new Region(-1L, 0);

        /** The region of two registers. */
        static Region of(long base, long limit) {
            return new Region(base, limit | Log2.mask(UNIT_LG2));
        }

        boolean contains(long address) {
            return Long.compareUnsigned(base, address) <= 0 && Long.compareUnsigned(address, limit) <= 0;
        }
    }

    /** Nothing is protected. */
    static final ProtectedMemory NONE = new ProtectedMemory(Region.NONE, Region.NONE);

    /** Whether an access that is not remapped is blocked; nothing is logged of it. */
    boolean blocks(long address) {
        return low.contains(address) || high.contains(address);
    }
}
