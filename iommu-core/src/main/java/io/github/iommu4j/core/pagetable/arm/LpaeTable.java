package io.github.iommu4j.core.pagetable.arm;

import io.github.iommu4j.core.pagetable.PageTable;
import io.github.iommu4j.core.pagetable.PageTableEnvironment;

/**
 * A table of long descriptors with all that goes with it (Linux {@code io-pgtable-arm}, release 6.1). Immutable apart
 * from what is mapped.
 *
 * @param kind the kind of table
 * @param config the configuration, restricted to what the table does
 * @param pageTable maps, unmaps, looks up
 * @param registers what the hardware's registers must hold
 * @param geometry levels as ARM counts them
 */
public record LpaeTable(
        LpaeKind kind, ArmTableConfig config, PageTable pageTable, LpaeRegisters registers, LpaeGeometry geometry) {

    /**
     * Makes an empty table.
     *
     * <p>The granule is the CPU's page size if that is among the sizes asked for, else the largest size below it, else
     * the smallest above it. Sizes that do not go with the granule are dropped, and widths are cut to 48 bits, or to 52
     * with a granule of 64 KiB.
     *
     * @param kind the kind of table
     * @param config what is asked for
     * @param environment what the table stands in
     * @return the table
     * @throws io.github.iommu4j.api.IommuException {@code EINVAL} when the kind of table cannot do what is asked for;
     *     {@code ENOMEM} when there is no memory for the root
     */
    public static LpaeTable create(LpaeKind kind, ArmTableConfig config, PageTableEnvironment environment) {
        ArmTableConfig restricted = LpaeConfigs.restricted(kind, config);
        LpaeGeometry geometry = geometry(kind, restricted);
        LpaeTcr tcr = new LpaeTcr(kind, restricted, geometry);
        tcr.requireEncodable();
        PageTable table = PageTable.create(new LpaeFormat(kind, restricted, geometry), environment);
        return new LpaeTable(kind, restricted, table, tcr.registers(table.root()), geometry);
    }

    private static LpaeGeometry geometry(LpaeKind kind, ArmTableConfig config) {
        int granuleLg2 = Long.numberOfTrailingZeros(config.pageSizes().smallest());
        LpaeGeometry plain = LpaeGeometry.of(granuleLg2, config.ias());
        return switch (kind) {
            case ARM_64_LPAE_S1, ARM_32_LPAE_S1 -> plain;
            case ARM_64_LPAE_S2, ARM_32_LPAE_S2 -> plain.concatenated();
            case ARM_MALI_LPAE -> plain.withAllLevels();
        };
    }
}
