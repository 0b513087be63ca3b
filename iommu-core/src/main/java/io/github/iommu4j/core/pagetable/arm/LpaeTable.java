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
@SuppressWarnings("DoNotCallSuggester")
public record LpaeTable(
        LpaeKind kind, ArmTableConfig config, PageTable pageTable, LpaeRegisters registers, LpaeGeometry geometry) {

    /**
     * Makes an empty table.
     *
     * @param kind the kind of table
     * @param config what is asked for
     * @param environment what the table stands in
     * @return the table
     * @throws io.github.iommu4j.api.IommuException {@code EINVAL} when the kind of table cannot do what is asked for;
     *     {@code ENOMEM} when there is no memory for the root
     */
    public static LpaeTable create(LpaeKind kind, ArmTableConfig config, PageTableEnvironment environment) {
        throw new UnsupportedOperationException();
    }
}
