package io.github.iommu4j.core.pagetable.arm;

import io.github.iommu4j.core.pagetable.PageTable;
import io.github.iommu4j.core.pagetable.PageTableEnvironment;

/**
 * A table of short descriptors with all that goes with it (Linux {@code io-pgtable-arm-v7s}, release 6.1). Immutable
 * apart from what is mapped.
 *
 * @param config the configuration, restricted to what the table does
 * @param pageTable maps, unmaps, looks up
 * @param registers what the hardware's registers must hold
 */
@SuppressWarnings("DoNotCallSuggester")
public record ShortDescriptorTable(ArmTableConfig config, PageTable pageTable, ShortDescriptorRegisters registers) {

    /**
     * Makes an empty table.
     *
     * @param config what is asked for
     * @param environment what the table stands in
     * @return the table
     * @throws io.github.iommu4j.api.IommuException {@code EINVAL} when the format cannot do what is asked for; {@code
     *     ENOMEM} when there is no memory for the root, or only where the hardware cannot find it
     */
    public static ShortDescriptorTable create(ArmTableConfig config, PageTableEnvironment environment) {
        throw new UnsupportedOperationException();
    }
}
