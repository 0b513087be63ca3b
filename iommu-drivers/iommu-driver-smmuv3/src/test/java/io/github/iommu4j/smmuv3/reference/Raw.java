package io.github.iommu4j.smmuv3.reference;

/** Fields of raw words by bit number, as the specification's tables print them. */
final class Raw {

    private Raw() {}

    static long bits(long raw, int high, int low) {
        return raw << 63 - high >>> 63 - high + low;
    }

    static int field(long raw, int high, int low) {
        return (int) bits(raw, high, low);
    }

    static boolean bit(long raw, int position) {
        return bits(raw, position, position) != 0;
    }

    /** The field in place: an address whose low bits are not stored. */
    static long inPlace(long raw, int high, int low) {
        return bits(raw, high, low) << low;
    }

    /** Whether an unsigned number needs more than some bits, 0 to 64. */
    static boolean exceeds(long value, int bits) {
        return bits < 64 && value >>> bits != 0;
    }

    /** Clears low bits, 0 or more; clearing 64 or more leaves 0. */
    static long alignDown(long value, int lowBits) {
        return lowBits >= 64 ? 0 : value >>> lowBits << lowBits;
    }
}
