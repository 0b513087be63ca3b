package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.Erratum;

/** Historical mistakes of the intel-iommu driver, one constant each. Off unless switched on. */
public enum VtdErratum implements Erratum {
    /** A first-stage invalidation of an unaligned range loses its tail. */
    FIRST_STAGE_TAIL_LOST(
            "intel-iommu up to 6.1: the pages of a first-stage invalidation are rounded up to a power of two, and the address"
                    + " down to that size, without looking whether the range still fits. Two pages from 3ff000 on become the two"
                    + " from 3fe000 on, and the device goes on reaching 400000 through the IOTLB. The second stage was computed"
                    + " rightly all along; both share that computation since cache tags came (6.10)."),
    /** A range is invalidated by a number of pages that has 32 bits. */
    PAGES_COUNTED_IN_32_BITS(
            "intel-iommu, recorded from Linux 6.1: the number of pages to invalidate is an unsigned int. A range of 16 TiB has"
                    + " none, which is a BUG, and a larger one is invalidated in part. Only unmapping where nothing is mapped,"
                    + " in a table of five levels, comes to such numbers.");

    private final String story;

    VtdErratum(String story) {
        this.story = story;
    }

    @Override
    public String story() {
        return story;
    }
}
