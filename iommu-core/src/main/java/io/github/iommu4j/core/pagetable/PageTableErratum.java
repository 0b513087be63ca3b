package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.Erratum;

/** Historical mistakes of the kernel's page-table code, one constant each. Off unless switched on. */
public enum PageTableErratum implements Erratum {
    /** Splitting a leaf forgets where it pointed. */
    SPLIT_LOSES_ADDRESS(
            "io-pgtable-arm-v7s, recorded from Linux 6.1: unmapping 4K or 64K of a 1M section puts a table of"
                    + " smaller pages in its place, made from the section's attributes alone. The rest of the megabyte then"
                    + " translates to its offset in the section, as if the section had pointed to address 0. Went unnoticed"
                    + " because the self test looks only at the page that was unmapped; gone in 6.13, which no longer splits."),
    /** Splitting a group only works in its first descriptor. */
    GROUP_SPLIT_RETURNS_FIRST(
            "io-pgtable-arm-v7s, recorded from Linux 6.1: the function that breaks a 16M supersection into"
                    + " sections answers with the first section's descriptor, whichever was asked for. Unmapping 4K or 64K in"
                    + " another section compares with it, takes the difference for a lost race and unmaps nothing, without a"
                    + " warning; a second try works. Gone in 6.13, which no longer splits."),
    /** Only the first address of a run is checked. */
    RUN_END_UNCHECKED("io-pgtable-arm and -v7s, recorded from Linux 6.1: one call maps many pages, but only the first"
            + " address is compared with the sizes of the address spaces. A run that passes the end goes on at iova 0"
            + " (v7s), and output addresses that do not fit are cut (both). Not mended; callers check."),
    /** A lookup ignores the address bits above the input size. */
    LOOKUP_ALIASES(
            "io-pgtable-arm and -v7s, recorded from Linux 6.1: iova_to_phys does not check its address, so that an address beyond the"
                    + " input size is looked up as if the bits above were zero. Not mended; callers check.");

    private final String story;

    PageTableErratum(String story) {
        this.story = story;
    }

    @Override
    public String story() {
        return story;
    }
}
