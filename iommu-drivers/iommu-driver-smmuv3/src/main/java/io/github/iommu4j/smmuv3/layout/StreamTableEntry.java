package io.github.iommu4j.smmuv3.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.BitField;

/**
 * A stream table entry: 64 bytes, eight little-endian words (IHI 0070 §5.2).
 *
 * <pre>
 *      63    59 58   56 55                                          6 5    4 3    1 0
 * dw0 +--------+-------+---------------------------------------------+------+------+---+
 *     |S1CDMax |   -   |              S1ContextPtr                   |S1Fmt |Config| V |
 *     +--------+-------+-------+-------+-------+-------+------+------+------+------+---+
 * dw1 | INSTCFG 51:50 PRIVCFG 49:48 NSCFG 47:46 SHCFG 45:44 ALLOCCFG 40:37 MTCFG 36     |
 *     | MemAttr 35:32 STRW 31:30 EATS 29:28 S1STALLD 27 S1MPAM 26 S2FWB 25 MEV 19       |
 *     | PPAR 18 DCP 17 CONT 16:13 DRE 12 S1CSH 7:6 S1COR 5:4 S1CIR 3:2 S1DSS 1:0        |
 * dw2 | S2R 58 S2S 57 S2HA 56 S2HD 55 S2PTW 54 S2AFFD 53 S2ENDI 52 S2AA64 51            |
 *     | S2PS 50:48 S2TG 47:46 S2SH0 45:44 S2OR0 43:42 S2IR0 41:40 S2SL0 39:38           |
 *     | S2T0SZ 37:32 S2VMID 15:0                                                        |
 * dw3 | S2TTB 51:4                                                                      |
 *     +---------------------------------------------------------------------------------+
 * dw4 to dw7: Secure stage 2, MPAM and later versions
 * </pre>
 *
 * <p>Any bits are a value; which are legal is the reader's business. Immutable.
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
public record StreamTableEntry(long dw0, long dw1, long dw2, long dw3, long dw4, long dw5, long dw6, long dw7) {

    /** Bytes an entry takes, and its alignment. */
    public static final int SIZE = 64;

    /** Word 0. */
    public static final BitField V = bit(0),
            CONFIG = bits(3, 1),
            S1FMT = bits(5, 4),
            S1CONTEXTPTR = bits(51, 6),
            S1CDMAX = bits(63, 59);

    /** Word 1. */
    public static final BitField S1DSS = bits(1, 0),
            S1CIR = bits(3, 2),
            S1COR = bits(5, 4),
            S1CSH = bits(7, 6),
            DRE = bit(12),
            CONT = bits(16, 13),
            DCP = bit(17),
            PPAR = bit(18),
            MEV = bit(19),
            S2FWB = bit(25),
            S1MPAM = bit(26),
            S1STALLD = bit(27),
            EATS = bits(29, 28),
            STRW = bits(31, 30),
            MEMATTR = bits(35, 32),
            MTCFG = bit(36),
            ALLOCCFG = bits(40, 37),
            SHCFG = bits(45, 44),
            NSCFG = bits(47, 46),
            PRIVCFG = bits(49, 48),
            INSTCFG = bits(51, 50);

    /** Word 2. */
    public static final BitField S2VMID = bits(15, 0),
            S2T0SZ = bits(37, 32),
            S2SL0 = bits(39, 38),
            S2IR0 = bits(41, 40),
            S2OR0 = bits(43, 42),
            S2SH0 = bits(45, 44),
            S2TG = bits(47, 46),
            S2PS = bits(50, 48),
            S2AA64 = bit(51),
            S2ENDI = bit(52),
            S2AFFD = bit(53),
            S2PTW = bit(54),
            S2HD = bit(55),
            S2HA = bit(56),
            S2S = bit(57),
            S2R = bit(58);

    /** Word 3. */
    public static final BitField S2TTB = bits(51, 4);

    /** Config: bypass both stages. */
    public static final int CONFIG_BYPASS = 0b100;
    /** Config: stage 1 only. */
    public static final int CONFIG_STAGE1 = 0b101;
    /** Config: stage 2 only. */
    public static final int CONFIG_STAGE2 = 0b110;
    /** Config: stage 1 and stage 2. */
    public static final int CONFIG_NESTED = 0b111;

    /**
     * Reads an entry.
     *
     * @param memory where it stands
     * @param address physical byte address, 64-byte aligned
     * @return the eight words, read one after the other
     * @throws io.github.iommu4j.api.memory.BusErrorException when a word is not answered
     */
    public static StreamTableEntry readFrom(PhysicalMemory memory, long address) {
        return new StreamTableEntry(
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
     * Writes the entry as §3.21.3 asks: words 1 to 7 first, word 0 with V last.
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
     * @return whether the entry is valid
     */
    public boolean valid() {
        return V.isSet(dw0);
    }

    /**
     * Config.
     *
     * @return 0 to 3 abort, 4 bypass, 5 stage 1, 6 stage 2, 7 both
     */
    public int config() {
        return CONFIG.getInt(dw0);
    }

    /**
     * Whether Config selects stage 1 translation.
     *
     * @return {@code true} for Config 0b1x1
     */
    public boolean usesStage1() {
        return (config() & 0b101) == 0b101;
    }

    /**
     * Whether Config selects stage 2 translation.
     *
     * @return {@code true} for Config 0b11x
     */
    public boolean usesStage2() {
        return (config() & 0b110) == 0b110;
    }

    @Override
    public String toString() {
        return String.format(
                "STE[%016x %016x %016x %016x %016x %016x %016x %016x]", dw0, dw1, dw2, dw3, dw4, dw5, dw6, dw7);
    }
}
