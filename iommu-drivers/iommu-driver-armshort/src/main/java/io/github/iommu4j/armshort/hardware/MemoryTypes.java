package io.github.iommu4j.armshort.hardware;

import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.dma.MemoryAttributes;
import io.github.iommu4j.api.dma.Shareability;
import io.github.iommu4j.armshort.layout.ArmV7Fields.Prrr;

/**
 * The memory attributes that TEX, C, B and S of a descriptor give, with and without TEX remap (Arm DDI 0406C B3.8).
 * Immutable.
 *
 * <p>Attributes are packed: bits 7:0 the type as a MAIR byte, bits 9:8 shareability as the ordinal of {@link
 * Shareability}. Reserved encodings act as strongly-ordered.
 */
final class MemoryTypes {

    /** What an access has that nobody says anything about: write-back, not shared. */
    static final int DEFAULT = 0xFF;
    /** Strongly-ordered: data accesses while translation is off. */
    static final int STRONGLY_ORDERED = Shareability.OUTER.ordinal() << 8;
    /** Normal, non-cacheable: instruction fetches while translation is off. */
    static final int NON_CACHEABLE = STRONGLY_ORDERED | 0x44;

    private static final int DEVICE = STRONGLY_ORDERED | 0x04;
    private static final int INNER = Shareability.INNER.ordinal() << 8;
    private static final int OUTER = Shareability.OUTER.ordinal() << 8;
    private static final Shareability[] SHAREABILITIES = Shareability.values();

    /** MAIR nibbles of NMRR's codes: non-cacheable, write-back write-allocate, write-through, write-back. */
    private static final int[] NIBBLES = {0x4, 0xF, 0xA, 0xE};

    private static final int INDEXES = 64;
    private static final int TYPE_DEVICE = 1;
    private static final int TYPE_NORMAL = 2;

    /** Indexed by TEX[2:0], C, B, S, from bit 5 down. */
    private final short[] table = new short[INDEXES];

    private MemoryTypes() {}

    /** SCTLR.TRE=0 (B3.8.2). */
    static MemoryTypes withoutRemap() {
        MemoryTypes types = new MemoryTypes();
        for (int index = 0; index < INDEXES; index++) {
            types.table[index] = (short) plain(index >>> 1, (index & 1) != 0);
        }
        return types;
    }

    /** SCTLR.TRE=1 (B3.8.3): TEX[2:1] belong to software. */
    static MemoryTypes remapped(int prrr, int nmrr) {
        MemoryTypes types = new MemoryTypes();
        for (int index = 0; index < INDEXES; index++) {
            types.table[index] = (short) remap(prrr, nmrr, index >>> 1 & 7, (index & 1) != 0);
        }
        return types;
    }

    private static int plain(int texCb, boolean s) {
        int shared = s ? OUTER : 0;
        if ((texCb & 0b10000) != 0) {
            return normal(NIBBLES[texCb >>> 2 & 3], NIBBLES[texCb & 3], shared);
        }
        return switch (texCb) {
            case 0b000_01, 0b010_00 -> DEVICE;
            case 0b000_10 -> normal(NIBBLES[2], NIBBLES[2], shared);
            case 0b000_11 -> normal(NIBBLES[3], NIBBLES[3], shared);
            case 0b001_00 -> NON_CACHEABLE;
            case 0b001_11 -> normal(NIBBLES[1], NIBBLES[1], shared);
            default -> STRONGLY_ORDERED;
        };
    }

    private static int remap(int prrr, int nmrr, int n, boolean s) {
        int type = bits(2 * n + 1, 2 * n).getInt(prrr);
        if (type == TYPE_DEVICE) {
            return DEVICE;
        }
        if (type != TYPE_NORMAL) {
            return STRONGLY_ORDERED;
        }
        boolean shareable = (s ? Prrr.NS1 : Prrr.NS0).isSet(prrr);
        boolean innerOnly = (prrr >>> 24 + n & 1) != 0;
        int shared = !shareable ? 0 : innerOnly ? INNER : OUTER;
        int outer = NIBBLES[bits(17 + 2 * n, 16 + 2 * n).getInt(nmrr)];
        return normal(outer, NIBBLES[bits(2 * n + 1, 2 * n).getInt(nmrr)], shared);
    }

    private static int normal(int outer, int inner, int shared) {
        int type = outer << 4 | inner;
        return type == 0x44 ? NON_CACHEABLE : type | shared;
    }

    /** The packed attributes of TEX[2:0], C, B, S, from bit 5 down. */
    int get(int texCbS) {
        return table[texCbS & INDEXES - 1];
    }

    static MemoryAttributes unpack(int attributes) {
        return new MemoryAttributes(attributes & 0xFF, SHAREABILITIES[attributes >>> 8 & 3]);
    }
}
