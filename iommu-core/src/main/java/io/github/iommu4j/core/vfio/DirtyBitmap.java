package io.github.iommu4j.core.vfio;

import java.util.List;

/**
 * Which pages of a range are dirty. Kept as runs, since a range may be huge. Immutable.
 *
 * @param pages how many pages the range has, 0 when no bitmap was asked for
 * @param runs the dirty pages, ascending, disjoint
 */
public record DirtyBitmap(long pages, List<Run> runs) {

    /** No bitmap was asked for. */
    public static final DirtyBitmap NONE = new DirtyBitmap(0, List.of());

    /**
     * Neighbouring dirty pages.
     *
     * @param first the first page, counted from the start of the range
     * @param count how many
     */
    public record Run(long first, long count) {}

    /** Copies the list. */
    public DirtyBitmap {
        runs = List.copyOf(runs);
    }

    /**
     * The bitmap as it lies in the caller's memory: page n is bit n modulo 64 of word n divided by 64.
     *
     * @return as many words as the range needs
     */
    public long[] words() {
        long[] words = new long[Math.toIntExact((pages + Long.SIZE - 1) / Long.SIZE)];
        for (Run run : runs) {
            for (long page = run.first(); page < run.first() + run.count(); page++) {
                words[(int) (page / Long.SIZE)] |= 1L << page;
            }
        }
        return words;
    }
}
