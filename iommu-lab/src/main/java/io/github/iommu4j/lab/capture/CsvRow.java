package io.github.iommu4j.lab.capture;

import org.apache.commons.csv.CSVRecord;

/**
 * One line of a table with typed cells: whoever reads a cell wrongly written gets an exception that names file, line,
 * column and rule.
 */
record CsvRow(String file, long line, CSVRecord cells) {

    private static final int HEX_DIGITS = 16;

    String text(String column) {
        return cells.get(column);
    }

    boolean isEmpty(String column) {
        return text(column).isEmpty();
    }

    /** A hexadecimal number of up to 64 bits, unsigned, with its 0x. */
    long hex(String column) throws CaptureException {
        String cell = text(column);
        if (cell.length() < 3 || cell.length() > 2 + HEX_DIGITS || !cell.startsWith("0x")) {
            throw error(column, "hexadecimal number with 0x, at most 64 bits");
        }
        try {
            return digits(cell, 2, cell.length());
        } catch (NumberFormatException e) {
            throw error(column, "hexadecimal number with 0x, at most 64 bits");
        }
    }

    /** As {@link #hex(String)}, at most {@code bits} bits wide. */
    long hex(String column, int bits) throws CaptureException {
        long value = hex(column);
        if (bits < Long.SIZE && value >>> bits != 0) {
            throw error(column, "hexadecimal number of at most " + bits + " bits");
        }
        return value;
    }

    int hexInt(String column) throws CaptureException {
        return (int) hex(column, Integer.SIZE);
    }

    /** A decimal number from {@code least} to {@code most}. */
    long decimal(String column, long least, long most) throws CaptureException {
        String rule = "decimal number from " + least + " to " + most;
        try {
            long value = Long.parseLong(text(column));
            if (value < least || value > most) {
                throw error(column, rule);
            }
            return value;
        } catch (NumberFormatException e) {
            throw error(column, rule);
        }
    }

    boolean flag(String column) throws CaptureException {
        return decimal(column, 0, 1) == 1;
    }

    /** Bytes written as hexadecimal digits, the first byte of memory first, as 64-bit little-endian words. */
    long[] words(String column, int count) throws CaptureException {
        String cell = text(column);
        if (cell.length() != count * HEX_DIGITS) {
            throw error(column, count * Long.BYTES + " bytes as hexadecimal digits");
        }
        long[] words = new long[count];
        try {
            for (int i = 0; i < count; i++) {
                int from = i * HEX_DIGITS;
                words[i] = Long.reverseBytes(digits(cell, from, from + HEX_DIGITS));
            }
        } catch (NumberFormatException e) {
            throw error(column, count * Long.BYTES + " bytes as hexadecimal digits");
        }
        return words;
    }

    /** Hexadecimal digits and nothing else; the library's own parser would take a sign. */
    private static long digits(String cell, int from, int to) {
        if (Character.digit(cell.charAt(from), HEX_DIGITS) < 0) {
            throw new NumberFormatException(cell);
        }
        return Long.parseUnsignedLong(cell, from, to, HEX_DIGITS);
    }

    CaptureException error(String column, String rule) {
        return CaptureException.at(
                file, line, "column " + column + ": '" + shortened(text(column)) + "' is not a " + rule);
    }

    private static String shortened(String cell) {
        String oneLine = cell.replaceAll("\\p{Cntrl}", "?");
        return oneLine.length() <= 40 ? oneLine : oneLine.substring(0, 40) + "...";
    }
}
