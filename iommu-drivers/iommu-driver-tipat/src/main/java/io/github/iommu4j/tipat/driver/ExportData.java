package io.github.iommu4j.tipat.driver;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The argument of {@link TiPat#IOC_EXPORT}: two little-endian words of 32 bits. Immutable.
 *
 * @param fd in: the buffer to export once more; out: the new one
 * @param flags not used by the driver, and returned as they came
 */
public record ExportData(int fd, int flags) {

    /** Bytes of the structure. */
    public static final int SIZE = 8;

    /**
     * Reads the structure.
     *
     * @param bytes {@link #SIZE} bytes
     * @return its fields
     */
    public static ExportData of(byte[] bytes) {
        ByteBuffer words = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        return new ExportData(words.getInt(), words.getInt());
    }

    /**
     * Writes the structure.
     *
     * @return {@link #SIZE} bytes
     */
    public byte[] bytes() {
        ByteBuffer words = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
        return words.putInt(fd).putInt(flags).array();
    }
}
