package io.github.iommu4j.tipat.driver;

import io.github.iommu4j.api.Erratum;

/** The mistakes of the PAT driver of 2019 and its later revisions, one constant each. Off unless switched on. */
public enum TiPatErratum implements Erratum {
    /** A parent that cannot be mapped leaves the buffer locked. */
    PARENT_FAILURE_KEEPS_LOCK("2019, every revision: map returns with the buffer's mutex held when the parent cannot be"
            + " mapped. The next who maps, unmaps, attaches or detaches waits for ever. Mended here by giving the mutex"
            + " up on every way out."),
    /** A rejected segment leaves the entries before it enabled. */
    REJECTED_SEGMENT_KEEPS_ENTRIES(
            "2019, every revision: a segment with an offset or an odd length ends map with EINVAL"
                    + " and unmaps the parent, but the entries programmed for the segments before it stay enabled, and the"
                    + " buffer still points at the parent's list. The window shows memory that is nobody's any more. Mended here"
                    + " by disabling them and forgetting the list."),
    /** An attached device that cannot map the window leaves the buffer mapped. */
    DEVICE_FAILURE_KEEPS_COUNT("2019, every revision: map counts the mapping, then maps the window for the attached"
            + " device; when that fails it answers ENOMEM and leaves the count. It never comes down to zero again, so the"
            + " entries stay enabled and the parent stays mapped. Mended here by counting down."),
    /** Addresses of more than 48 bits lose their upper bits. */
    TARGET_LOSES_UPPER_BITS("2019, first posting: bits 47:44 of a target are cut out with a mask of four bits, and"
            + " nobody looks at the bits above. A device then reads and writes other memory than the buffer's. Mended"
            + " here by refusing such a segment with EINVAL."),
    /** A fragmented window cannot be told from a full one. */
    FRAGMENTED_WINDOW_LOOKS_FULL("2019, every revision: the window is finite, first-fit and never compacted, so that an"
            + " export can fail although enough bytes are free; the caller sees the same ENOMEM as when it is full, and"
            + " the log says nothing. Fragmentation is in the design and stays, and so does the ENOMEM. Mended here by"
            + " a line in the log that names the free bytes and the longest run."),
    /** More of the window is given out than the table translates. */
    POOL_LARGER_THAN_TABLE("2019, every revision: the allocator gets the whole window, in the binding's example 1 GiB,"
            + " of which a table of 16,384 pages of 4 KiB translates the first 64 MiB. An export beyond that programs"
            + " entries that are not there, and devices get errors. Mended here by giving out what the table"
            + " translates.");

    private final String story;

    TiPatErratum(String story) {
        this.story = story;
    }

    @Override
    public String story() {
        return story;
    }
}
