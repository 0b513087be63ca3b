package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.Erratum;

/** Historical mistakes of the intel-iommu driver, one constant each. Off unless switched on. */
public enum VtdErratum implements Erratum {
    /** A first-stage invalidation of an unaligned range loses its tail. */
    FIRST_STAGE_TAIL_LOST(
            "intel-iommu up to Linux 6.1: the pages of a first-stage invalidation are rounded up to a power of two, and the address"
                    + " down to that size, without looking whether the range still fits. Two pages from 3ff000 on become the two"
                    + " from 3fe000 on, and the device goes on reaching 400000 through the IOTLB. The second stage was computed"
                    + " rightly all along. Mended with cache tags (6.10), for which both stages share that computation."),
    /** A range is invalidated by a number of pages that has 32 bits. */
    PAGES_COUNTED_IN_32_BITS(
            "intel-iommu, recorded from Linux 6.1: the number of pages to invalidate is an unsigned int. A range of 16 TiB has"
                    + " none, which is a BUG, and a larger one is invalidated in part. Only unmapping where nothing is mapped,"
                    + " in a table of five levels, comes to such numbers. Mended with cache tags, which count in 64 bits."),
    /** A user's domain that leaves a unit keeps its id there. */
    USERS_DOMAIN_IDS_LEAK(
            "intel-iommu until Linux 4.2 (2015): a domain of a virtual machine keeps a bitmap of the units it is on. When the last"
                    + " device behind a unit is detached the bit is cleared, but the id stays taken; freeing the domain then"
                    + " looks at the bits that are set, and finds none. A host that assigns and takes back a device some"
                    + " hundred times is out of ids and can attach nothing any more. Mended by leaving every unit in the end,"
                    + " whatever the bitmap says."),
    /** A device that has the domain it needs is refused. */
    RIGHT_DOMAIN_IS_REFUSED(
            "intel-iommu, June 2019, on the way to 5.3: default domains move into the core, and the driver asks for another"
                    + " where a device needs one. Where the device had the right one already, the driver answered ENODEV although"
                    + " all was well, and the core dropped the device. A storage card with reserved memory stayed without a"
                    + " context entry: its firmware's DMA faulted (present bit in context entry is clear), and the machine did"
                    + " not find its root disk. Seen on hpsa and megaraid cards in linux-next. Mended by returning nothing.");

    private final String story;

    VtdErratum(String story) {
        this.story = story;
    }

    @Override
    public String story() {
        return story;
    }
}
