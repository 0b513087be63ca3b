package io.github.iommu4j.smmuv3.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.BitField;

/**
 * A context descriptor: 64 bytes, eight little-endian words (IHI 0070 §5.4).
 *
 * <pre>
 *     63     48 47   46 45 44 43 42 41   40  39   38   36   35   34  32 31
 * dw0 +--------+-----+-+--+--+--+--+----+---+----+----+---+----+------+---+
 *     |  ASID  |ASET |A|R |S |HA|HD|AA64|PAN|TBI1|TBI0|WXN|AFFD| IPS  | V |
 *     +--------+-----+-+--+--+--+--+----+---+----+----+---+----+------+---+
 *     | EPD1 30 SH1 29:28 OR1 27:26 IR1 25:24 TG1 23:22 T1SZ 21:16        |
 *     | ENDI 15 EPD0 14 SH0 13:12 OR0 11:10 IR0 9:8 TG0 7:6 T0SZ 5:0      |
 *     +------------------------+--------------------------+-----+----+----+
 * dw1 |           -            |       TTB0 51:4          |E0PD0|HAD0| -  |
 * dw2 |           -            |       TTB1 51:4          |E0PD1|HAD1| -  |
 *     +------------------------+--------------------------+-----+----+----+
 * dw3 |                        MAIR (8 bytes, by AttrIndx)                |
 *     +-------------------------------------------------------------------+
 * dw4 AMAIR, dw5 to dw7: MPAM and later versions
 * </pre>
 *
 * <p>TG0 and TG1 have different codes. Any bits are a value; which are legal is the reader's business. Immutable.
 *
 * @param dw0 word 0
 * @param dw1 word 1
 * @param dw2 word 2
 * @param dw3 word 3
 * @param dw4 word 4
 * @param dw5 word 5
 * @param dw6 word 6
 * @param dw7 word 7
 */
public record ContextDescriptor(long dw0, long dw1, long dw2, long dw3, long dw4, long dw5, long dw6, long dw7) {

    /** Bytes a descriptor takes, and its alignment. */
    public static final int SIZE = 64;

    /** Word 0. */
    public static final BitField T0SZ = bits(5, 0),
            TG0 = bits(7, 6),
            IR0 = bits(9, 8),
            OR0 = bits(11, 10),
            SH0 = bits(13, 12),
            EPD0 = bit(14),
            ENDI = bit(15),
            T1SZ = bits(21, 16),
            TG1 = bits(23, 22),
            IR1 = bits(25, 24),
            OR1 = bits(27, 26),
            SH1 = bits(29, 28),
            EPD1 = bit(30),
            V = bit(31),
            IPS = bits(34, 32),
            AFFD = bit(35),
            WXN = bit(36),
            UWXN = bit(37),
            TBI0 = bit(38),
            TBI1 = bit(39),
            PAN = bit(40),
            AA64 = bit(41),
            HD = bit(42),
            HA = bit(43),
            S = bit(44),
            R = bit(45),
            A = bit(46),
            ASET = bit(47),
            ASID = bits(63, 48);

    /** Words 1 and 2: the same layout for the two halves of the address space. */
    public static final BitField HAD = bit(1), E0PD = bit(2), TTB = bits(51, 4);

    /**
     * Reads a descriptor.
     *
     * @param memory where it stands
     * @param address physical byte address, 64-byte aligned
     * @return the eight words, read one after the other
     * @throws io.github.iommu4j.api.memory.BusErrorException when a word is not answered
     */
    public static ContextDescriptor readFrom(PhysicalMemory memory, long address) {
        return new ContextDescriptor(
                memory.load64(address),
                memory.load64(address + 8),
                memory.load64(address + 16),
                memory.load64(address + 24),
                memory.load64(address + 32),
                memory.load64(address + 40),
                memory.load64(address + 48),
                memory.load64(address + 56));
    }

    /**
     * Writes the descriptor as §3.21.3 asks: words 1 to 7 first, word 0 with V last.
     *
     * @param memory where to
     * @param address physical byte address, 64-byte aligned
     * @throws io.github.iommu4j.api.memory.BusErrorException when a word is not answered
     */
    public void writeTo(PhysicalMemory memory, long address) {
        memory.store64(address + 8, dw1);
        memory.store64(address + 16, dw2);
        memory.store64(address + 24, dw3);
        memory.store64(address + 32, dw4);
        memory.store64(address + 40, dw5);
        memory.store64(address + 48, dw6);
        memory.store64(address + 56, dw7);
        memory.store64(address, dw0);
    }

    /**
     * V.
     *
     * @return whether the descriptor is valid
     */
    public boolean valid() {
        return V.isSet(dw0);
    }

    @Override
    public String toString() {
        return String.format(
                "CD[%016x %016x %016x %016x %016x %016x %016x %016x]", dw0, dw1, dw2, dw3, dw4, dw5, dw6, dw7);
    }
}
