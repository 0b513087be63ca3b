package io.github.iommu4j.core.pagetable.arm;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.core.pagetable.WalkCoherency;

/** ARM DDI 0487, D17.2: what TCR, VTCR, MAIR and Mali's AS registers hold for a table. */
record LpaeTcr(LpaeKind kind, ArmTableConfig config, LpaeGeometry geometry) {

    private static final int OUTER_SHAREABLE = 2;
    private static final int INNER_SHAREABLE = 3;
    private static final int NON_CACHEABLE = 0;
    private static final int WRITE_BACK_ALLOCATE = 1;

    /** Attributes 3 to 0. Linux makes the value from an int, whose sign fills attributes 7 to 4. */
    private static final long MAIR = 0xFFFF_FFFF_F404_FF44L;

    private static final BitField TRANSTAB_MODE = bits(1, 0);
    private static final int MODE_TABLE = 3;
    private static final BitField TRANSTAB_READ_INNER = bit(2);
    private static final BitField TRANSTAB_SHARE_OUTER = bit(4);

    /** Mali's attributes 0 and 2 are implementation defined, 1 is write-allocate. */
    private static final long MEMATTR = 0x88_8D88;

    void requireEncodable() {
        if (kind != LpaeKind.ARM_MALI_LPAE) {
            outputSize();
        }
    }

    LpaeRegisters registers(long root) {
        return switch (kind) {
            case ARM_64_LPAE_S1, ARM_32_LPAE_S1 -> new LpaeRegisters.Stage1(root, MAIR, fields());
            case ARM_64_LPAE_S2, ARM_32_LPAE_S2 -> new LpaeRegisters.Stage2(root, fields(), startLevel());
            case ARM_MALI_LPAE -> new LpaeRegisters.Mali(transtab(root), MEMATTR);
        };
    }

    private LpaeRegisters.Tcr fields() {
        boolean coherent = config.coherency() == WalkCoherency.COHERENT;
        int inner = coherent ? WRITE_BACK_ALLOCATE : NON_CACHEABLE;
        int outer = config.has(ArmTableQuirk.OUTER_WBWA) ? WRITE_BACK_ALLOCATE : inner;
        int shareability = coherent ? INNER_SHAREABLE : OUTER_SHAREABLE;
        return new LpaeRegisters.Tcr(outputSize(), granule(), shareability, outer, inner, 64 - config.ias());
    }

    private int outputSize() {
        return switch (config.oas()) {
            case 32 -> 0;
            case 36 -> 1;
            case 40 -> 2;
            case 42 -> 3;
            case 44 -> 4;
            case 48 -> 5;
            case 52 -> 6;
            default -> throw LpaeConfigs.refused("no code for output addresses of " + config.oas() + " bits");
        };
    }

    /** TG0 and TG1 have different codes. */
    private int granule() {
        boolean tg1 = config.has(ArmTableQuirk.TTBR1);
        return switch (geometry.granuleLg2()) {
            case 12 -> tg1 ? 2 : 0;
            case 14 -> tg1 ? 1 : 2;
            default -> tg1 ? 3 : 1;
        };
    }

    /** SL0 counts down from the last level but one, with a 4 KiB granule from one more. */
    private int startLevel() {
        int level = geometry.startLevel() + (geometry.granuleLg2() == 12 ? 1 : 0);
        return ~level & 3;
    }

    private long transtab(long root) {
        boolean coherent = config.coherency() == WalkCoherency.COHERENT;
        return root
                | TRANSTAB_MODE.of(MODE_TABLE)
                | TRANSTAB_READ_INNER.mask()
                | (coherent ? TRANSTAB_SHARE_OUTER.mask() : 0);
    }
}
