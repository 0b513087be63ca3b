package io.github.iommu4j.lab.kernel;

import java.math.BigInteger;
import java.util.List;

/**
 * The arguments of an operation, read in the oracle's notation.
 *
 * @param words as written
 */
record Arguments(List<String> words) {

    /** An operation is not written as the oracle writes it. */
    static final class UnreadableException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UnreadableException(String message) {
            super(message);
        }
    }

    String text(int index) {
        if (index >= words.size()) {
            throw new UnreadableException("argument " + (index + 1) + " is missing");
        }
        return words.get(index);
    }

    boolean has(int index) {
        return index < words.size();
    }

    /** An unsigned number of 64 bits. */
    long number(int index) {
        return number(text(index));
    }

    /** As the C library's {@code strtoull} reads it: numbers that do not fit become the largest that does. */
    static long number(String text) {
        try {
            BigInteger value = text.startsWith("0x") ? new BigInteger(text.substring(2), 16) : new BigInteger(text);
            return value.bitLength() > Long.SIZE ? -1 : value.longValue();
        } catch (NumberFormatException e) {
            throw new UnreadableException("'" + text + "' is no number");
        }
    }

    int integer(int index) {
        return (int) number(index);
    }

    int integer(int index, int otherwise) {
        return has(index) ? integer(index) : otherwise;
    }

    /** An address in the process: an arena's letter and an offset, or a plain number. */
    long address(int index) {
        String text = text(index);
        for (ProcessMemory.Arena arena : ProcessMemory.Arena.values()) {
            if (text.startsWith(arena.name())) {
                return arena.base() + number(text.substring(1));
            }
        }
        return number(text);
    }
}
