package io.github.iommu4j.armshort.reference;

/** Bit strings, most significant first, as specifications draw them. */
final class Bits {

    private Bits() {}

    /** Bits high to low of a word, as a string of zeros and ones. */
    static String string(long word, int high, int low) {
        StringBuilder bits = new StringBuilder();
        for (int bit = high; bit >= low; bit--) {
            bits.append((word >>> bit & 1) == 0 ? '0' : '1');
        }
        return bits.toString();
    }

    /** Bits high to low of a word, as a number. */
    static long number(long word, int high, int low) {
        return Long.parseLong(string(word, high, low), 2);
    }

    /** A single bit. */
    static boolean bit(long word, int position) {
        return string(word, position, position).equals("1");
    }

    /** The number whose binary form is some strings one after the other. */
    static long joined(String... parts) {
        return Long.parseLong(String.join("", parts), 2);
    }
}
