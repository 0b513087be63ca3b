package io.github.iommu4j.testkit.machine;

import java.util.Locale;

/** One piece of a scatter list: memory that a device reads, writes or copies. Immutable. */
public final class DmaSegment {

    /** What is done. */
    public enum Kind {
        /** Memory goes into the result. */
        READ,
        /** Given bytes go into memory. */
        WRITE,
        /** Memory goes to other memory. */
        COPY
    }

    private final Kind kind;
    private final long from;
    private final long to;
    private final int length;
    private final byte[] data;

    private DmaSegment(Kind kind, long from, long to, int length, byte[] data) {
        if (length < 0) {
            throw new IllegalArgumentException("a segment of " + length + " bytes");
        }
        this.kind = kind;
        this.from = from;
        this.to = to;
        this.length = length;
        this.data = data;
    }

    /**
     * Reads memory.
     *
     * @param iova first address, any alignment
     * @param length bytes, 0 or more
     * @return the segment
     * @throws IllegalArgumentException when {@code length} is negative
     */
    public static DmaSegment read(long iova, int length) {
        return new DmaSegment(Kind.READ, iova, 0, length, new byte[0]);
    }

    /**
     * Writes memory.
     *
     * @param iova first address, any alignment
     * @param data what is written
     * @return the segment
     */
    public static DmaSegment write(long iova, byte[] data) {
        return new DmaSegment(Kind.WRITE, 0, iova, data.length, data.clone());
    }

    /**
     * Copies memory. Where the two overlap, what was copied first may be read.
     *
     * @param from first address that is read
     * @param to first address that is written
     * @param length bytes, 0 or more
     * @return the segment
     * @throws IllegalArgumentException when {@code length} is negative
     */
    public static DmaSegment copy(long from, long to, int length) {
        return new DmaSegment(Kind.COPY, from, to, length, new byte[0]);
    }

    /**
     * What is done.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * Bytes.
     *
     * @return 0 or more
     */
    public int length() {
        return length;
    }

    /** First address that is read. */
    long from() {
        return from;
    }

    /** First address that is written. */
    long to() {
        return to;
    }

    /** Bytes to write, from an offset on. */
    byte[] data(int offset, int bytes) {
        byte[] part = new byte[bytes];
        System.arraycopy(data, offset, part, 0, bytes);
        return part;
    }

    @Override
    public String toString() {
        return switch (kind) {
            case READ -> String.format(Locale.ROOT, "read %d bytes at 0x%x", length, from);
            case WRITE -> String.format(Locale.ROOT, "write %d bytes at 0x%x", length, to);
            case COPY -> String.format(Locale.ROOT, "copy %d bytes from 0x%x to 0x%x", length, from, to);
        };
    }
}
