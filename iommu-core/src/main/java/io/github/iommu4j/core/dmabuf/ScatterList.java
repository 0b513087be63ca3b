package io.github.iommu4j.core.dmabuf;

import java.util.List;

/**
 * Memory in pieces, and where a device sees it (Linux {@code struct sg_table}).
 *
 * <p>The pieces are memory as the CPU has it. The device's ranges cover the same bytes in the same order, but need not be
 * cut at the same places: an IOMMU may join what is scattered. They are empty as long as the list is not mapped.
 *
 * <p>Immutable.
 *
 * @param segments the pieces, at least one
 * @param dmaRanges where a device sees them; empty when it does not
 */
public record ScatterList(List<Segment> segments, List<DmaRange> dmaRanges) {

    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException when there is no segment, or the ranges are not as long as the segments
     */
    public ScatterList {
        segments = List.copyOf(segments);
        dmaRanges = List.copyOf(dmaRanges);
        if (segments.isEmpty()) {
            throw new IllegalArgumentException("a scatter list has at least one segment");
        }
        long mapped = dmaRanges.stream().mapToLong(DmaRange::length).sum();
        if (!dmaRanges.isEmpty() && mapped != sizeOf(segments)) {
            throw new IllegalArgumentException("ranges of 0x" + Long.toHexString(mapped) + " bytes for segments of 0x"
                    + Long.toHexString(sizeOf(segments)));
        }
    }

    /**
     * One piece of memory (Linux {@code struct scatterlist}, the CPU's side).
     *
     * @param page physical address of the page it begins in
     * @param offset bytes from there to its first byte, 0 or more
     * @param length bytes, at least 1
     */
    public record Segment(long page, long offset, long length) {

        /**
         * Checks the numbers.
         *
         * @throws IllegalArgumentException when the offset is negative or the length not positive
         */
        public Segment {
            if (offset < 0 || length <= 0) {
                throw new IllegalArgumentException("no segment: offset " + offset + ", length " + length);
            }
        }

        /**
         * A piece that begins with its page.
         *
         * @param page physical address of the page
         * @param length bytes, at least 1
         * @return the segment
         */
        public static Segment of(long page, long length) {
            return new Segment(page, 0, length);
        }

        /**
         * Where the piece begins (Linux {@code sg_phys}).
         *
         * @return physical byte address
         */
        public long pa() {
            return page + offset;
        }

        @Override
        public String toString() {
            return "[0x" + Long.toHexString(page) + (offset == 0 ? "" : "+0x" + Long.toHexString(offset)) + ", 0x"
                    + Long.toHexString(length) + " bytes]";
        }
    }

    /**
     * One range of a device's addresses (Linux {@code sg_dma_address} and {@code sg_dma_len}).
     *
     * @param address the first address the device uses
     * @param length bytes, at least 1
     */
    public record DmaRange(long address, long length) {

        /**
         * Checks the length.
         *
         * @throws IllegalArgumentException when it is not positive
         */
        public DmaRange {
            if (length <= 0) {
                throw new IllegalArgumentException("no range: length " + length);
            }
        }

        @Override
        public String toString() {
            return "[0x" + Long.toHexString(address) + ", 0x" + Long.toHexString(length) + " bytes]";
        }
    }

    /**
     * A list that no device sees yet.
     *
     * @param segments the pieces, at least one
     * @return a list that is not mapped
     */
    public static ScatterList of(List<Segment> segments) {
        return new ScatterList(segments, List.of());
    }

    /**
     * The same memory as a device sees it.
     *
     * @param ranges the device's ranges, as long as the segments together
     * @return a mapped list
     */
    public ScatterList mappedAt(List<DmaRange> ranges) {
        return new ScatterList(segments, ranges);
    }

    /**
     * Whether a device sees the memory.
     *
     * @return {@code true} when there are ranges
     */
    public boolean isMapped() {
        return !dmaRanges.isEmpty();
    }

    /**
     * All bytes together.
     *
     * @return at least 1
     */
    public long size() {
        return sizeOf(segments);
    }

    private static long sizeOf(List<Segment> segments) {
        return segments.stream().mapToLong(Segment::length).sum();
    }

    /**
     * Where one byte of the memory is.
     *
     * @param at bytes from the start of the first segment, less than {@link #size()}
     * @return physical byte address
     * @throws IndexOutOfBoundsException when the list is shorter
     */
    public long paAt(long at) {
        long rest = at;
        for (Segment segment : segments) {
            if (rest >= 0 && rest < segment.length()) {
                return segment.pa() + rest;
            }
            rest -= segment.length();
        }
        throw new IndexOutOfBoundsException("byte " + at + " of " + size());
    }

    @Override
    public String toString() {
        return segments + (isMapped() ? " at " + dmaRanges : "");
    }
}
