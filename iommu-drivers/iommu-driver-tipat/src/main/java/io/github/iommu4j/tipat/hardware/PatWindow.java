package io.github.iommu4j.tipat.hardware;

import io.github.iommu4j.core.bits.Log2;

/**
 * The addresses that one PAT translates. Immutable.
 *
 * @param base first physical address, a multiple of 1 MiB
 * @param size bytes, a multiple of 1 MiB, at least 1 MiB
 */
public record PatWindow(long base, long size) {

    /** Width of the addresses of the interconnect, and of an entry's target. */
    static final int ADDRESS_BITS = 48;

    private static final int LARGEST_PAGE_LG2 = 20;

    /**
     * Checks the place.
     *
     * @throws IllegalArgumentException when the window is not made of whole pages of 1 MiB, is empty, or does not end within
     *     48 address bits
     */
    public PatWindow {
        if (!Log2.isAligned(base | size, LARGEST_PAGE_LG2)
                || size <= 0
                || !Log2.fits(base, ADDRESS_BITS)
                || base + size > 1L << ADDRESS_BITS) {
            throw new IllegalArgumentException("0x" + Long.toHexString(size) + " bytes at 0x" + Long.toHexString(base)
                    + " are no window: whole MiB within 48 address bits");
        }
    }

    /**
     * The last address.
     *
     * @return inclusive
     */
    public long last() {
        return base + size - 1;
    }

    /**
     * Whether an address is in the window.
     *
     * @param address any 64 bits
     * @return {@code true} when this PAT translates it
     */
    public boolean contains(long address) {
        return Long.compareUnsigned(address - base, size) < 0;
    }

    boolean overlaps(PatWindow other) {
        return base <= other.last() && other.base <= last();
    }

    /** Log2 of the largest naturally aligned block around an address outside the window that the window is not in. */
    int passLg2(long address) {
        return Log2.floor(address ^ (address < base ? base : last()));
    }
}
