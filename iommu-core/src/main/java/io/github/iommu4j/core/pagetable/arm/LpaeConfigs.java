package io.github.iommu4j.core.pagetable.arm;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.core.pagetable.WalkCoherency;
import java.util.EnumSet;
import java.util.Set;

/** Which configurations the kinds of long-descriptor tables accept, and what they make of them (Linux 6.1). */
final class LpaeConfigs {

    private static final Set<ArmTableQuirk> STAGE_1_QUIRKS =
            EnumSet.of(ArmTableQuirk.NS, ArmTableQuirk.TTBR1, ArmTableQuirk.OUTER_WBWA);
    private static final int LARGEST_ADDRESS = 48;
    private static final int LARGEST_ADDRESS_64K = 52;

    private LpaeConfigs() {}

    /** The configuration cut down to what the kind of table does. */
    static ArmTableConfig restricted(LpaeKind kind, ArmTableConfig asked) {
        requireQuirks(kind, asked);
        requireSizes(kind, asked);
        long sizes = asked.pageSizes().bitmap();
        if (kind != LpaeKind.ARM_64_LPAE_S1 && kind != LpaeKind.ARM_64_LPAE_S2) {
            sizes &= LpaeGeometry.leafSizes(12, asked.oas());
        }
        int granuleLg2 = granuleLg2(sizes, asked.cpuPageSize());
        int largest = granuleLg2 == 16 ? LARGEST_ADDRESS_64K : LARGEST_ADDRESS;
        ArmTableConfig restricted = new ArmTableConfig(
                asked.quirks(),
                new PageSizes(sizes & LpaeGeometry.leafSizes(granuleLg2, asked.oas())),
                Math.min(asked.ias(), largest),
                Math.min(asked.oas(), largest),
                asked.coherency(),
                asked.cpuPageSize());
        require(restricted.ias() > granuleLg2, "input addresses of " + restricted.ias() + " bits are less than a page");
        return restricted;
    }

    private static void requireQuirks(LpaeKind kind, ArmTableConfig asked) {
        boolean stage1 = kind == LpaeKind.ARM_64_LPAE_S1 || kind == LpaeKind.ARM_32_LPAE_S1;
        Set<ArmTableQuirk> allowed = stage1 ? STAGE_1_QUIRKS : Set.of();
        require(allowed.containsAll(asked.quirks()), kind + " has not all of the quirks " + asked.quirks());
        boolean coherent = asked.coherency() == WalkCoherency.COHERENT;
        require(
                !coherent || !asked.has(ArmTableQuirk.OUTER_WBWA),
                "coherent walks do not go through an outer cache: OUTER_WBWA");
    }

    private static void requireSizes(LpaeKind kind, ArmTableConfig asked) {
        int largestInput = switch (kind) {
            case ARM_32_LPAE_S1 -> 32;
            case ARM_32_LPAE_S2 -> 40;
            case ARM_MALI_LPAE -> 48;
            case ARM_64_LPAE_S1, ARM_64_LPAE_S2 -> Integer.MAX_VALUE;
        };
        int largestOutput = switch (kind) {
            case ARM_32_LPAE_S1, ARM_32_LPAE_S2, ARM_MALI_LPAE -> 40;
            case ARM_64_LPAE_S1, ARM_64_LPAE_S2 -> Integer.MAX_VALUE;
        };
        require(
                asked.ias() <= largestInput && asked.oas() <= largestOutput,
                kind + " does not translate " + asked.ias() + " bits to " + asked.oas());
    }

    /** The CPU's page if that is asked for; else the largest size below it; else the smallest above it. */
    private static int granuleLg2(long sizes, long cpuPageSize) {
        long below = sizes & cpuPageSize - 1;
        long above = sizes & -cpuPageSize;
        long granule = (sizes & cpuPageSize) != 0
                ? cpuPageSize
                : below != 0 ? Long.highestOneBit(below) : Long.lowestOneBit(above);
        require(
                granule == 1 << 12 || granule == 1 << 14 || granule == 1 << 16,
                "page sizes 0x" + Long.toHexString(sizes) + " have no granule of 4, 16 or 64 KiB");
        return Log2.floor(granule);
    }

    private static void require(boolean rule, String problem) {
        if (!rule) {
            throw refused(problem);
        }
    }

    static IommuException refused(String problem) {
        return new IommuException(Errno.EINVAL, problem);
    }
}
