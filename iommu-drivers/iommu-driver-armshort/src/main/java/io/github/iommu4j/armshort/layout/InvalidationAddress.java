package io.github.iommu4j.armshort.layout;

import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.core.bits.Log2;

/**
 * How INVLD_START_A and INVLD_END_A hold an address (Linux 5.13 and later; earlier kernels write the 32-bit address as it
 * is, which means the same to a part without more).
 *
 * <pre>
 *  31            12 11      2 1         0
 * |   IOVA[31:12]  |         |IOVA[33:32]|
 * </pre>
 */
public final class InvalidationAddress {

    /** Bits 33:32 of the address. */
    public static final BitField HIGH = bits(1, 0);
    /** Bits 31:12 of the address, in place. */
    public static final BitField PAGE = bits(31, 12);

    private static final int HIGH_SHIFT = 32;

    private InvalidationAddress() {}

    /**
     * Packs an address.
     *
     * @param iova an address of up to 34 bits; bits 11:0 are dropped
     * @return the register's value
     */
    public static int pack(long iova) {
        return (int) (PAGE.inPlace(iova) | HIGH.inPlace(iova >>> HIGH_SHIFT));
    }

    /**
     * The page an address register names.
     *
     * @param raw the register's value
     * @param inputBits how many address bits the part has, 32 to 34
     * @return the address of a 4 KiB page
     */
    public static long page(int raw, int inputBits) {
        return (PAGE.inPlace(raw) | HIGH.get(raw) << HIGH_SHIFT) & Log2.mask(inputBits);
    }
}
