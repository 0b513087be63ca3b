package io.github.iommu4j.tipat.driver;

import java.util.List;

/**
 * How much of a window is given out, and how the rest lies. Immutable.
 *
 * @param size bytes that can be given out
 * @param freeRuns what is free, ascending; no two of them touch
 */
public record WindowReport(long size, List<Run> freeRuns) {

    /** Copies the list. */
    public WindowReport {
        freeRuns = List.copyOf(freeRuns);
    }

    /**
     * Free addresses that follow each other.
     *
     * @param base the first
     * @param size bytes
     */
    public record Run(long base, long size) {}

    /**
     * All that is free.
     *
     * @return bytes
     */
    public long freeBytes() {
        return freeRuns.stream().mapToLong(Run::size).sum();
    }

    /**
     * The most that can be given out at once.
     *
     * @return bytes; 0 when nothing is free
     */
    public long largestFreeRun() {
        return freeRuns.stream().mapToLong(Run::size).max().orElse(0);
    }

    /**
     * Whether nothing is given out.
     *
     * @return {@code true} when all is free
     */
    public boolean isUnused() {
        return freeBytes() == size;
    }
}
