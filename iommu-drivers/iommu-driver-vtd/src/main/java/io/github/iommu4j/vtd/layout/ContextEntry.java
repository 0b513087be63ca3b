package io.github.iommu4j.vtd.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.BitField;

/**
 * A context entry of legacy mode: 16 bytes for each function (Intel VT-d §9.3).
 *
 * <pre>
 *        63               24 23    8 7  6       3  2  0
 *       +------------------------------+--------+----+---+---+
 * low   |       SSPTPTR 63:12          | R 11:4 | TT |FPD| P |
 *       +-------------------+-------+--+--------+----+---+---+
 * high  |         R         |  DID  |R |AVAIL 6:3|  AW 2:0   |
 *       +-------------------+-------+--+---------+-----------+
 * </pre>
 *
 * <p>Immutable.
 *
 * @param low bits 63:0
 * @param high bits 127:64
 */
public record ContextEntry(long low, long high) {

    /** Bytes an entry takes. */
    public static final int SIZE = 16;

    /** The lower word. */
    public static final BitField P = bit(0),
            FPD = bit(1),
            TT = bits(3, 2),
            RESERVED_LOW = bits(11, 4),
            SSPTPTR = bits(63, 12);

    /** The upper word. */
    public static final BitField AW = bits(2, 0),
            AVAIL = bits(6, 3),
            RESERVED_MIDDLE = bit(7),
            DID = bits(23, 8),
            RESERVED_HIGH = bits(63, 24);

    /** TT: untranslated requests go through the second stage, others are blocked. */
    public static final int TT_UNTRANSLATED = 0;
    /** TT: requests of every kind; needs ECAP.DT. */
    public static final int TT_ALL = 1;
    /** TT: untranslated requests pass; needs ECAP.PT. */
    public static final int TT_PASS_THROUGH = 2;
    /** TT: reserved. */
    public static final int TT_RESERVED = 3;

    /**
     * Where the entry of a function is.
     *
     * @param contextTable the context table, 4 KiB aligned
     * @param sid the source-id, 16 bits
     * @return physical byte address
     */
    public static long address(long contextTable, int sid) {
        return contextTable + (long) (sid & 0xFF) * SIZE;
    }

    /**
     * Reads an entry.
     *
     * @param memory where it stands
     * @param address physical byte address, 16-byte aligned
     * @return the two words, read one after the other
     * @throws io.github.iommu4j.api.memory.BusErrorException when a word is not answered
     */
    public static ContextEntry readFrom(PhysicalMemory memory, long address) {
        return new ContextEntry(memory.load64(address), memory.load64(address + 8));
    }

    @Override
    public String toString() {
        return String.format("Context[%016x %016x]", low, high);
    }
}
