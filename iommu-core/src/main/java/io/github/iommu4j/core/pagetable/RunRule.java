package io.github.iommu4j.core.pagetable;

/** How a call that maps or unmaps several pages goes about it. */
public enum RunRule {
    /**
     * The pages of one table, together: nothing is mapped when one of them is in the way, and the call ends, short of
     * what was asked for, at the end of the table (Linux io-pgtable-arm).
     */
    ONE_TABLE,
    /** Every page by itself, whatever table it is in: the pages before an obstacle are done (Linux io-pgtable-arm-v7s). */
    PAGE_BY_PAGE,
    /**
     * The whole range, whatever its tables, with the largest leaves that fit, whatever size was named. Mapping leaves
     * what is there alone, with a warning, unless a larger leaf takes its place; unmapping passes over holes and takes at
     * least the leaf it begins with (Linux intel-iommu).
     */
    WHOLE_RANGE
}
