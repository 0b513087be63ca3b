package io.github.iommu4j.testkit.conformance;

import io.github.iommu4j.core.pagetable.PageTable;
import io.github.iommu4j.core.pagetable.PageTableEnvironment;
import io.github.iommu4j.core.pagetable.PageTableFormat;

/**
 * What {@link PageTableConformance} must know of a table. Immutable.
 *
 * @param maker makes empty tables
 * @param hardware reads them as the hardware does
 */
public record PageTableSubject(Maker maker, HardwareWalk hardware) {

    /** Makes a table, every time the same. */
    @FunctionalInterface
    public interface Maker {

        /**
         * Makes a table.
         *
         * @param environment what it stands in: everything it needs must come from there
         * @return an empty table
         */
        PageTable make(PageTableEnvironment environment);
    }

    /**
     * A format under the core's engine.
     *
     * @param format the format
     * @param hardware reads its tables as the hardware does
     * @return the subject
     */
    public static PageTableSubject of(PageTableFormat format, HardwareWalk hardware) {
        return new PageTableSubject(environment -> PageTable.create(format, environment), hardware);
    }
}
