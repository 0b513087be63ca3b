package io.github.iommu4j.core.bits;

/** Arithmetic on powers of two, for addresses and sizes that are unsigned 64-bit numbers. All methods are pure. */
public final class Log2 {

    private Log2() {}

    /**
     * Whether a number is a power of two.
     *
     * @param value an unsigned number
     * @return {@code true} when exactly one bit is set
     */
    public static boolean isPowerOfTwo(long value) {
        return Long.bitCount(value) == 1;
    }

    /**
     * Log2 rounded down.
     *
     * @param value an unsigned number, not 0
     * @return 0 to 63
     * @throws IllegalArgumentException when {@code value} is 0
     */
    public static int floor(long value) {
        if (value == 0) {
            throw new IllegalArgumentException("0 has no logarithm");
        }
        return 63 - Long.numberOfLeadingZeros(value);
    }

    /**
     * A mask of the low bits.
     *
     * @param bits how many bits, 0 to 64
     * @return a word with the low {@code bits} bits set
     */
    public static long mask(int bits) {
        return bits >= 64 ? -1L : (1L << bits) - 1;
    }

    /**
     * Whether an address is aligned.
     *
     * @param address an unsigned number
     * @param lg2 log2 of the alignment, 0 to 63
     * @return {@code true} when the low {@code lg2} bits are zero
     */
    public static boolean isAligned(long address, int lg2) {
        return (address & mask(lg2)) == 0;
    }

    /**
     * Rounds an address down.
     *
     * @param address an unsigned number
     * @param lg2 log2 of the alignment, 0 to 63
     * @return {@code address} with the low {@code lg2} bits cleared
     */
    public static long alignDown(long address, int lg2) {
        return address & ~mask(lg2);
    }

    /**
     * Whether an unsigned number needs no more than some bits.
     *
     * @param value an unsigned number
     * @param bits 0 to 64
     * @return {@code true} when {@code value < 2^bits}
     */
    public static boolean fits(long value, int bits) {
        return (value & ~mask(bits)) == 0;
    }
}
