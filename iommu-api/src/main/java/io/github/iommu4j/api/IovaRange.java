package io.github.iommu4j.api;

/**
 * A range of I/O virtual addresses, as unsigned 64-bit numbers. Immutable.
 *
 * @param start first address
 * @param last last address, inclusive, not below {@code start}
 */
public record IovaRange(long start, long last) {

    /**
     * Checks the order.
     *
     * @throws IllegalArgumentException when {@code last} is below {@code start}
     */
    public IovaRange {
        if (Long.compareUnsigned(last, start) < 0) {
            throw new IllegalArgumentException(
                    "0x" + Long.toHexString(last) + " is below 0x" + Long.toHexString(start));
        }
    }

    /**
     * Whether another range lies inside this one.
     *
     * @param other a range
     * @return {@code true} when every address of {@code other} is in this range
     */
    public boolean encloses(IovaRange other) {
        return Long.compareUnsigned(start, other.start) <= 0 && Long.compareUnsigned(other.last, last) <= 0;
    }

    /**
     * Whether two ranges share an address.
     *
     * @param other a range
     * @return {@code true} when they overlap
     */
    public boolean overlaps(IovaRange other) {
        return Long.compareUnsigned(start, other.last) <= 0 && Long.compareUnsigned(other.start, last) <= 0;
    }

    @Override
    public String toString() {
        return "[0x" + Long.toHexString(start) + ", 0x" + Long.toHexString(last) + "]";
    }
}
