package io.github.iommu4j.api;

/**
 * The page sizes a domain can map (Linux {@code pgsize_bitmap}). Immutable.
 *
 * @param bitmap each set bit is a supported size in bytes; the lowest is the mandatory alignment; 0 when nothing can be
 *     mapped
 */
public record PageSizes(long bitmap) {

    /**
     * A run of equal pages.
     *
     * @param pageSize bytes of each page
     * @param count how many pages, at least 1
     */
    public record Run(long pageSize, long count) {}

    /**
     * The smallest page.
     *
     * @return bytes, 0 when nothing can be mapped
     */
    public long smallest() {
        return Long.lowestOneBit(bitmap);
    }

    /**
     * The run of pages with which a mapping begins: the largest page that alignment and size allow, as often as fits
     * before a larger one would become possible (Linux 5.14 and later, {@code iommu_pgsize}).
     *
     * @param iova first address, aligned to {@link #smallest()}
     * @param pa first physical address, aligned likewise; the same as {@code iova} for an unmap
     * @param size bytes, aligned likewise, not 0
     * @return the run
     * @throws IllegalArgumentException when an argument is not aligned, or {@code size} is 0
     */
    public Run best(long iova, long pa, long size) {
        if (bitmap == 0 || size == 0 || ((iova | pa | size) & smallest() - 1) != 0) {
            throw new IllegalArgumentException("iova 0x" + Long.toHexString(iova) + ", pa 0x" + Long.toHexString(pa)
                    + ", size 0x" + Long.toHexString(size) + " are not multiples of the smallest of " + this);
        }
        long candidates = bitmap & (-1L >>> Long.numberOfLeadingZeros(size));
        long address = iova | pa;
        if (address != 0) {
            candidates &= Long.lowestOneBit(address) | Long.lowestOneBit(address) - 1;
        }
        long page = Long.highestOneBit(candidates);
        long larger = Long.lowestOneBit(bitmap & -page << 1);
        if (larger == 0 || ((iova ^ pa) & larger - 1) != 0) {
            return new Run(page, Long.divideUnsigned(size, page));
        }
        long untilLarger = larger - (iova & larger - 1);
        long needed = untilLarger + larger;
        boolean overflows = Long.compareUnsigned(needed, untilLarger) < 0;
        boolean largerFollows = !overflows && Long.compareUnsigned(needed, size) <= 0;
        return new Run(page, Long.divideUnsigned(largerFollows ? untilLarger : size, page));
    }

    @Override
    public String toString() {
        return "page sizes 0x" + Long.toHexString(bitmap);
    }
}
