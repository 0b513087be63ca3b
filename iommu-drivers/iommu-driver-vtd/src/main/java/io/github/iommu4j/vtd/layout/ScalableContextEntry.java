package io.github.iommu4j.vtd.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.BitField;

/**
 * A context entry of scalable mode: 32 bytes for each function, 128 in a table (Intel VT-d §9.4).
 *
 * <pre>
 *     63                    12 11   9 8 5  4    3      2   1   0
 *    +------------------------+------+---+---+------+---+---+---+
 * q0 |       PASIDDIRPTR      | PDTS | R |PRE|PASIDE|DTE|FPD| P |
 *    +------------------------+------+---+---+------+---+---+---+
 * q1 |      R 63:21           | RID_PRIV 20 |   RID_PASID 19:0   |
 *    +------------------------+-------------+--------------------+
 * q2, q3: reserved
 * </pre>
 *
 * <p>Immutable.
 *
 * @param q0 bits 63:0
 * @param q1 bits 127:64
 * @param q2 bits 191:128
 * @param q3 bits 255:192
 */
public record ScalableContextEntry(long q0, long q1, long q2, long q3) {

    /** Bytes an entry takes. */
    public static final int SIZE = 32;

    /** Word 0. */
    public static final BitField P = bit(0),
            FPD = bit(1),
            DTE = bit(2),
            PASIDE = bit(3),
            PRE = bit(4),
            RESERVED_LOW = bits(8, 5),
            PDTS = bits(11, 9),
            PASIDDIRPTR = bits(63, 12);

    /** Word 1. */
    public static final BitField RID_PASID = bits(19, 0), RID_PRIV = bit(20), RESERVED_HIGH = bits(63, 21);

    /**
     * Where the entry of a function is.
     *
     * @param contextTable the lower or upper context table, 4 KiB aligned
     * @param sid the source-id, 16 bits
     * @return physical byte address
     */
    public static long address(long contextTable, int sid) {
        return contextTable + (long) (sid & 0x7F) * SIZE;
    }

    /**
     * Reads an entry.
     *
     * @param memory where it stands
     * @param address physical byte address, 32-byte aligned
     * @return the four words, read one after the other
     * @throws io.github.iommu4j.api.memory.BusErrorException when a word is not answered
     */
    public static ScalableContextEntry readFrom(PhysicalMemory memory, long address) {
        return new ScalableContextEntry(
                memory.load64(address),
                memory.load64(address + 8),
                memory.load64(address + 16),
                memory.load64(address + 24));
    }

    /**
     * How many PASIDs the directory reaches.
     *
     * @return log2, PDTS + 13
     */
    public int pasidsLg2() {
        return PDTS.getInt(q0) + 13;
    }

    @Override
    public String toString() {
        return String.format("ScalableContext[%016x %016x %016x %016x]", q0, q1, q2, q3);
    }
}
