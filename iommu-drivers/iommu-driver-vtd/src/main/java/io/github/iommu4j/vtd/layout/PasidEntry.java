package io.github.iommu4j.vtd.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.BitField;

/**
 * An entry of a PASID table: 64 bytes (Intel VT-d §9.6).
 *
 * <pre>
 *     63          12 11 10   9     8   6   5    4  2   1   0
 *    +--------------+-----+-----+--------+----+-----+---+---+
 * q0 |   SSPTPTR    |  R  |SSADE|  PGTT  |SSEE| AW  |FPD| P |
 *    +--------------+-----+-----+--------+----+-----+---+---+
 * q1 | PAT 63:32 | PCD 31 | PWT 30 | EMT 29:27 | EMTE 26 | CD 25 | PGSNP 24 | PWSNP 23 | R 22:16 | DID 15:0 |
 * q2 | FSPTPTR 63:12 | R 11:8 | EAFE 7 | SMEP 6 | NXE 5 | WPE 4 | FSPM 3:2 | ERE 1 | SRE 0 |
 * q3 to q7: reserved
 * </pre>
 *
 * <p>Immutable.
 *
 * @param q0 bits 63:0
 * @param q1 bits 127:64
 * @param q2 bits 191:128
 * @param q3 bits 255:192
 * @param q4 bits 319:256
 * @param q5 bits 383:320
 * @param q6 bits 447:384
 * @param q7 bits 511:448
 */
public record PasidEntry(long q0, long q1, long q2, long q3, long q4, long q5, long q6, long q7) {

    /** Bytes an entry takes. */
    public static final int SIZE = 64;

    /** Word 0. */
    public static final BitField P = bit(0),
            FPD = bit(1),
            AW = bits(4, 2),
            SSEE = bit(5),
            PGTT = bits(8, 6),
            SSADE = bit(9),
            RESERVED_0 = bits(11, 10),
            SSPTPTR = bits(63, 12);

    /** Word 1. */
    public static final BitField DID = bits(15, 0),
            RESERVED_1 = bits(22, 16),
            PWSNP = bit(23),
            PGSNP = bit(24),
            CD = bit(25),
            EMTE = bit(26),
            EMT = bits(29, 27),
            PWT = bit(30),
            PCD = bit(31),
            PAT = bits(63, 32);

    /** Word 2. */
    public static final BitField SRE = bit(0),
            ERE = bit(1),
            FSPM = bits(3, 2),
            WPE = bit(4),
            NXE = bit(5),
            SMEP = bit(6),
            EAFE = bit(7),
            RESERVED_2 = bits(11, 8),
            FSPTPTR = bits(63, 12);

    /** PGTT: first stage. */
    public static final int PGTT_FIRST_STAGE = 1;
    /** PGTT: second stage. */
    public static final int PGTT_SECOND_STAGE = 2;
    /** PGTT: first stage over second. */
    public static final int PGTT_NESTED = 3;
    /** PGTT: pass-through. */
    public static final int PGTT_PASS_THROUGH = 4;
    /** FSPM: four levels. */
    public static final int FSPM_FOUR_LEVELS = 0;
    /** FSPM: five levels; needs CAP.FS5LP. */
    public static final int FSPM_FIVE_LEVELS = 1;

    /**
     * Where the entry of a PASID is.
     *
     * @param table the PASID table, 4 KiB aligned
     * @param pasid the PASID, 20 bits
     * @return physical byte address
     */
    public static long address(long table, int pasid) {
        return table + (long) (pasid & 0x3F) * SIZE;
    }

    /**
     * Reads an entry.
     *
     * @param memory where it stands
     * @param address physical byte address, 64-byte aligned
     * @return the eight words, read one after the other
     * @throws io.github.iommu4j.api.memory.BusErrorException when a word is not answered
     */
    public static PasidEntry readFrom(PhysicalMemory memory, long address) {
        return new PasidEntry(
                memory.load64(address),
                memory.load64(address + 8),
                memory.load64(address + 16),
                memory.load64(address + 24),
                memory.load64(address + 32),
                memory.load64(address + 40),
                memory.load64(address + 48),
                memory.load64(address + 56));
    }

    @Override
    public String toString() {
        return String.format("Pasid[%016x %016x %016x %016x %016x %016x %016x %016x]", q0, q1, q2, q3, q4, q5, q6, q7);
    }
}
