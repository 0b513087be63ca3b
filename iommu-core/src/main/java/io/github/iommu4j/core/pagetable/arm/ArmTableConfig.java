package io.github.iommu4j.core.pagetable.arm;

import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.core.pagetable.WalkCoherency;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a table is asked for, and, after it was made, what became of that (Linux {@code struct io_pgtable_cfg}).
 * Immutable.
 *
 * @param quirks what differs from the plain format
 * @param pageSizes the sizes to map; a table may support fewer
 * @param ias width of input addresses, in bits
 * @param oas width of output addresses, in bits
 * @param coherency whether walks see what the CPU has written
 * @param cpuPageSize bytes of the CPU's page: 4 KiB, 16 KiB or 64 KiB
 */
public record ArmTableConfig(
        Set<ArmTableQuirk> quirks, PageSizes pageSizes, int ias, int oas, WalkCoherency coherency, long cpuPageSize) {

    /**
     * Copies the quirks.
     *
     * @throws IllegalArgumentException when the CPU has no such page size
     */
    public ArmTableConfig {
        if (cpuPageSize != 0x1000 && cpuPageSize != 0x4000 && cpuPageSize != 0x1_0000) {
            throw new IllegalArgumentException("a CPU page has 4, 16 or 64 KiB, not " + cpuPageSize + " bytes");
        }
        Set<ArmTableQuirk> copy = EnumSet.noneOf(ArmTableQuirk.class);
        copy.addAll(quirks);
        quirks = Collections.unmodifiableSet(copy);
    }

    /**
     * A plain configuration: no quirks, coherent walks, a CPU page of 4 KiB.
     *
     * @param pageSizes the sizes to map
     * @param ias width of input addresses, in bits
     * @param oas width of output addresses, in bits
     * @return the configuration
     */
    public static ArmTableConfig of(PageSizes pageSizes, int ias, int oas) {
        return new ArmTableConfig(Set.of(), pageSizes, ias, oas, WalkCoherency.COHERENT, 0x1000);
    }

    /**
     * The same with other quirks.
     *
     * @param others the quirks
     * @return a configuration
     */
    public ArmTableConfig withQuirks(ArmTableQuirk... others) {
        Set<ArmTableQuirk> set = EnumSet.noneOf(ArmTableQuirk.class);
        set.addAll(Arrays.asList(others));
        return new ArmTableConfig(set, pageSizes, ias, oas, coherency, cpuPageSize);
    }

    /**
     * The same with another coherency.
     *
     * @param other whether walks see what the CPU has written
     * @return a configuration
     */
    public ArmTableConfig withCoherency(WalkCoherency other) {
        return new ArmTableConfig(quirks, pageSizes, ias, oas, other, cpuPageSize);
    }

    /**
     * The same with another CPU page.
     *
     * @param other bytes: 4 KiB, 16 KiB or 64 KiB
     * @return a configuration
     */
    public ArmTableConfig withCpuPageSize(long other) {
        return new ArmTableConfig(quirks, pageSizes, ias, oas, coherency, other);
    }

    /**
     * Whether a quirk is asked for.
     *
     * @param quirk the quirk
     * @return {@code true} when it is
     */
    public boolean has(ArmTableQuirk quirk) {
        return quirks.contains(quirk);
    }
}
