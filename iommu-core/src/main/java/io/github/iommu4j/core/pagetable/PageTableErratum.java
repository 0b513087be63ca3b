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
                    + " input size is looked up as if the bits above were zero. Not mended; callers check."),
    /** A leaf that replaces tables loses those beside larger leaves. */
    REPLACED_MIX_LOSES_TABLES(
            "intel-iommu, recorded from Linux 6.1: before 1G is mapped where smaller pages were, what is there is cleared."
                    + " Once that comes to a page of 2M it goes on clearing to the end of that table, and pointers to tables of 4K"
                    + " pages go with the rest: those tables are never freed. Needs a gigabyte in which both sizes were mapped"
                    + " and unmapped page by page, so that only a growing count of page-table pages told of it. Mended by the generic page tables that"
                    + " took this code's place."),
    /** Unmapping where nothing is mapped takes everything up to the next table. */
    UNMAP_OF_NOTHING_ROUNDS(
            "intel-iommu, recorded from Linux 6.1: an unmap that begins where nothing is mapped takes the missing entry's"
                    + " span for the size of the page there. It answers 2M, 1G or 512G, and clears what is mapped behind; beyond"
                    + " the width of the table it is a BUG. The core asks for mapped ranges only, so nobody met it."
                    + " Mended by the generic page tables that took this code's place."),
    /** A map that runs out of memory says it did nothing. */
    FAILED_RANGE_COUNTS_NOTHING(
            "intel-iommu, recorded from Linux 6.1: a call that maps many pages reports how many it did only when all are done."
                    + " When a table cannot be allocated on the way, the core undoes nothing, since nothing was reported, and"
                    + " the pages before stay mapped: the device keeps access, and mapping there again warns. Mended by the"
                    + " generic page tables that took this code's place.");

    private final String story;

    PageTableErratum(String story) {
        this.story = story;
    }

    @Override
    public String story() {
        return story;
    }
}
