package io.github.iommu4j.tipat.hardware;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;

/**
 * A table entry as the hardware reads it: the two 32-bit words of a page as one word of 64 bits, low word in bits 31:0.
 *
 * <pre>
 *  63     62          61 60 59      56 55    36 35    32 31              0
 * |ENABLE|REPLACE_OID|     | ORDERID  |        | BASE_H |     BASE_L      |
 *                                               [47:44]      [43:12]       of the target
 * </pre>
 *
 * <p>The order id is kept for software to read; it has no meaning where accesses have no order.
 */
final class TableEntry {

    static final BitField BASE_L = bits(31, 0);
    static final BitField BASE_H = bits(35, 32);
    static final BitField ORDERID = bits(59, 56);
    static final BitField REPLACE_OID = bit(62);
    static final BitField ENABLE = bit(63);

    /** The bits that are there; the others read as zero. */
    static final long IMPLEMENTED = BASE_L.mask() | BASE_H.mask() | ORDERID.mask() | REPLACE_OID.mask() | ENABLE.mask();

    // Plain numbers, since look-ups use nothing else.
    private static final long BASE_L_MASK = BASE_L.mask();
    private static final long BASE_H_MASK = BASE_H.mask();
    private static final int BASE_L_SHIFT = 12;
    private static final int BASE_H_SHIFT = 44 - BASE_H.low();

    private TableEntry() {}

    static boolean isEnabled(long entry) {
        return entry < 0;
    }

    /** The target address as written, 4 KiB aligned. */
    static long base(long entry) {
        return (entry & BASE_L_MASK) << BASE_L_SHIFT | (entry & BASE_H_MASK) << BASE_H_SHIFT;
    }
}
