package io.github.iommu4j.core.pagetable.arm;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** What differs from the plain format (Linux {@code IO_PGTABLE_QUIRK_*}, with the numbers of 6.1). */
public enum ArmTableQuirk {
    /** The hardware looks at the NS bits although its walks are not secure: set them. */
    NS(0x1),
    /** The hardware has no permission bits and no XN: leave them out. Short descriptors only. */
    NO_PERMS(0x2),
    /** MediaTek: descriptor bits 9, 4 and 5 are address bits 32, 33 and 34. Short descriptors only. */
    MTK_EXT(0x8),
    /** MediaTek: tables may lie above 4 GiB too. Short descriptors only. */
    MTK_TTBR_EXT(0x10),
    /** The table is for TTBR1, the upper half of the address space. Stage 1 of long descriptors only. */
    TTBR1(0x20),
    /** Walks that are not coherent go through an outer write-back cache. Stage 1 of long descriptors only. */
    OUTER_WBWA(0x40);

    private final int bit;

    ArmTableQuirk(int bit) {
        this.bit = bit;
    }

    /**
     * The kernel's number.
     *
     * @return one bit
     */
    public int bit() {
        return bit;
    }

    /**
     * The quirks of a mask.
     *
     * @param mask the kernel's numbers, added
     * @return the quirks
     * @throws IllegalArgumentException when a bit is no quirk
     */
    public static Set<ArmTableQuirk> ofMask(long mask) {
        Set<ArmTableQuirk> quirks = EnumSet.noneOf(ArmTableQuirk.class);
        Arrays.stream(values()).filter(quirk -> (mask & quirk.bit) != 0).forEach(quirks::add);
        if (quirks.stream().mapToInt(ArmTableQuirk::bit).sum() != mask) {
            throw new IllegalArgumentException("0x" + Long.toHexString(mask) + " has bits that are no quirk");
        }
        return Collections.unmodifiableSet(quirks);
    }
}
