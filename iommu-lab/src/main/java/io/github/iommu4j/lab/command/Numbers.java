package io.github.iommu4j.lab.command;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Numbers as users type them: hexadecimal with 0x, or decimal; unsigned. */
final class Numbers {

    private static final int SUBSTREAM_BITS = 20;
    private static final int ROW_BITS = 31;

    private Numbers() {}

    /** A StreamID of 32 bits. */
    static final class StreamId implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            return (int) parse(text, Integer.SIZE);
        }
    }

    /** A SubstreamID of 20 bits. */
    static final class SubstreamId implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            return (int) parse(text, SUBSTREAM_BITS);
        }
    }

    /** The number of a row. */
    static final class Row implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            return (int) parse(text, ROW_BITS);
        }
    }

    /** An address of 64 bits. */
    static final class Address implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            return parse(text, Long.SIZE);
        }
    }

    private static long parse(String text, int bits) {
        boolean hexadecimal = text.startsWith("0x") || text.startsWith("0X");
        String digits = hexadecimal ? text.substring(2) : text;
        try {
            if (!digits.isEmpty() && Character.digit(digits.charAt(0), 16) >= 0) {
                long value = Long.parseUnsignedLong(digits, hexadecimal ? 16 : 10);
                if (bits == Long.SIZE || value >>> bits == 0) {
                    return value;
                }
            }
        } catch (NumberFormatException e) {
            throw refused(text, bits);
        }
        throw refused(text, bits);
    }

    private static TypeConversionException refused(String text, int bits) {
        return new TypeConversionException(
                "'" + text + "' is not a number of " + bits + " bits, hexadecimal with 0x or decimal");
    }
}
