package io.github.iommu4j.core.pagetable.arm;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.core.pagetable.PageTable;
import io.github.iommu4j.core.pagetable.PageTableEnvironment;
import io.github.iommu4j.core.pagetable.PageTableErratum;
import io.github.iommu4j.core.pagetable.WalkCoherency;

/**
 * A table of short descriptors with all that goes with it (Linux {@code io-pgtable-arm-v7s}, release 6.1). Immutable
 * apart from what is mapped.
 *
 * @param config the configuration, restricted to what the table does
 * @param pageTable maps, unmaps, looks up
 * @param registers what the hardware's registers must hold
 */
public record ShortDescriptorTable(ArmTableConfig config, PageTable pageTable, ShortDescriptorRegisters registers) {

    private static final long SIZES = 1 << 12 | 1 << 16 | 1 << 20 | 1 << 24;
    private static final int SECTION_LG2 = 20;

    private static final BitField TTBR_S = bit(1);
    private static final BitField TTBR_RGN = bits(4, 3);
    private static final BitField TTBR_NOS = bit(5);
    private static final BitField TTBR_IRGN_0 = bit(6);
    private static final int WRITE_BACK_ALLOCATE = 1;

    /** Types 1 device, 4 and 7 normal; device is shareable, normal as S says; type 7 is shared only within. */
    private static final int PRRR = (int) (bits(3, 2).of(1)
            | bits(9, 8).of(2)
            | bits(15, 14).of(2)
            | bits(17, 16).of(3)
            | bits(19, 18).of(2)
            | bit(31).of(1));

    /** Type 7 is write-back with allocation on write, inside and outside. */
    private static final int NMRR =
            (int) (bits(15, 14).of(WRITE_BACK_ALLOCATE) | bits(31, 30).of(WRITE_BACK_ALLOCATE));

    /**
     * Makes an empty table. Of the page sizes those that are not 4 KiB, 64 KiB, 1 MiB or 16 MiB are dropped.
     *
     * @param config what is asked for
     * @param environment what the table stands in
     * @return the table
     * @throws IommuException {@code EINVAL} when the format cannot do what is asked for; {@code ENOMEM} when there is no
     *     memory for the root, or only where the hardware cannot find it
     */
    public static ShortDescriptorTable create(ArmTableConfig config, PageTableEnvironment environment) {
        requireSupported(config);
        ArmTableConfig restricted = new ArmTableConfig(
                config.quirks(),
                new PageSizes(config.pageSizes().bitmap() & SIZES),
                config.ias(),
                config.oas(),
                config.coherency(),
                config.cpuPageSize());
        boolean splitLosesAddress = environment.has(PageTableErratum.SPLIT_LOSES_ADDRESS);
        PageTable table = PageTable.create(new ShortDescriptorFormat(restricted, splitLosesAddress), environment);
        int ttbr = ttbr(restricted, table.root());
        return new ShortDescriptorTable(restricted, table, new ShortDescriptorRegisters(ttbr, 0, PRRR, NMRR));
    }

    private static void requireSupported(ArmTableConfig config) {
        boolean mtk = config.has(ArmTableQuirk.MTK_EXT);
        require(
                config.ias() > SECTION_LG2 && config.ias() <= (mtk ? 34 : 32),
                "short descriptors do not translate input addresses of " + config.ias() + " bits");
        require(
                config.oas() <= (mtk ? 35 : 32),
                "short descriptors do not hold output addresses of " + config.oas() + " bits");
        require(
                !config.has(ArmTableQuirk.TTBR1) && !config.has(ArmTableQuirk.OUTER_WBWA),
                "short descriptors have not all of the quirks " + config.quirks());
        require(!mtk || config.has(ArmTableQuirk.NO_PERMS), "MTK_EXT uses permission bits: it needs NO_PERMS");
        require(mtk || !config.has(ArmTableQuirk.MTK_TTBR_EXT), "MTK_TTBR_EXT needs MTK_EXT");
    }

    private static void require(boolean rule, String problem) {
        if (!rule) {
            throw new IommuException(Errno.EINVAL, problem);
        }
    }

    private static int ttbr(ArmTableConfig config, long root) {
        if (config.has(ArmTableQuirk.MTK_EXT)) {
            return (int) (root | root >>> 32);
        }
        long walks = config.coherency() == WalkCoherency.COHERENT
                ? TTBR_RGN.of(WRITE_BACK_ALLOCATE) | TTBR_NOS.mask() | TTBR_IRGN_0.mask()
                : 0;
        return (int) (root | walks | TTBR_S.mask());
    }
}
