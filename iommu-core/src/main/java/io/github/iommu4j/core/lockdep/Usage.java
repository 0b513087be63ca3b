package io.github.iommu4j.core.lockdep;

/**
 * What was seen of a class, as bits: where it was taken and what was on while it was held (Linux {@code enum
 * lock_usage_bit}). For each interrupt, from bit 0 for hard and bit 4 for soft ones: taken in it, read in it, taken with it
 * on, read with it on.
 */
final class Usage {

    static final int USED_IN = 1;
    static final int USED_IN_READ = 2;
    static final int ENABLED = 4;
    static final int ENABLED_READ = 8;

    static final int HARDIRQ_SHIFT = 0;
    static final int SOFTIRQ_SHIFT = 4;
    static final int STATES = 2;
    static final int IRQ_BITS = 8;

    /** Taken at all. */
    static final int USED = 1 << IRQ_BITS;
    /** Read at all. */
    static final int USED_READ = USED << 1;

    static final int ALL_USED_IN = (USED_IN | USED_IN_READ) * 0x11;
    static final int ALL_ENABLED = (ENABLED | ENABLED_READ) * 0x11;
    /** What a path that ends or begins with recursive readers counts: only what writers did. */
    static final int WRITERS = (USED_IN | ENABLED) * 0x11;

    private static final String[] STATE_NAMES = {"HARDIRQ", "SOFTIRQ"};

    private Usage() {}

    /** The bits that conflict with bits across classes: on a strong path readers stop somebody, too. */
    static int opposite(int mask) {
        return statesOf(mask & ALL_USED_IN) * (ENABLED | ENABLED_READ)
                | statesOf(mask & ALL_ENABLED) * (USED_IN | USED_IN_READ);
    }

    /** Bit 0 for any hard bit, bit 4 for any soft one. */
    private static int statesOf(int mask) {
        return ((mask & 0xF) != 0 ? 1 : 0) | ((mask & 0xF0) != 0 ? 1 << SOFTIRQ_SHIFT : 0);
    }

    /** The bits that conflict with bits on one class: readers do not stop readers. */
    static int exclusive(int mask) {
        return (mask & USED_IN * 0x11) * (ENABLED | ENABLED_READ)
                | (mask & USED_IN_READ * 0x11) << 1
                | ((mask & ENABLED * 0x11) >>> 2) * (USED_IN | USED_IN_READ)
                | (mask & ENABLED_READ * 0x11) >>> 3;
    }

    /** Hard for bits 0 to 3, soft for bits 4 to 7. */
    static String stateName(int bit) {
        return STATE_NAMES[Integer.numberOfTrailingZeros(bit) >>> 2];
    }

    /** A bit's state with its read half, as titles print it. */
    static String stateAndMode(int bit) {
        return stateName(bit) + ((bit & (USED_IN_READ | ENABLED_READ) * 0x11) != 0 ? "-READ" : "");
    }

    static boolean isUsedIn(int bit) {
        return (bit & ALL_USED_IN) != 0;
    }

    static boolean isRead(int bit) {
        return (bit & (USED_IN_READ | ENABLED_READ) * 0x11) != 0;
    }

    /** The bit's name in reports, such as {@code IN-HARDIRQ-W}. */
    static String name(int bit) {
        if (bit == USED || bit == USED_READ) {
            return "INITIAL USE";
        }
        String state = stateName(bit);
        String mode = isRead(bit) ? "-R" : "-W";
        return isUsedIn(bit) ? "IN-" + state + mode : state + "-ON" + mode;
    }

    /** Four characters: hard, hard for readers, soft, soft for readers. */
    static String characters(int mask) {
        StringBuilder text = new StringBuilder(4);
        for (int state = 0; state < STATES; state++) {
            int bits = mask >>> 4 * state;
            text.append(character(bits, USED_IN, ENABLED)).append(character(bits, USED_IN_READ, ENABLED_READ));
        }
        return text.toString();
    }

    private static char character(int bits, int usedIn, int enabled) {
        boolean in = (bits & usedIn) != 0;
        boolean on = (bits & enabled) != 0;
        if (in) {
            return on ? '?' : '-';
        }
        return on ? '+' : '.';
    }
}
