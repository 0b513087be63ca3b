package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.memory.PhysicalMemory;
import java.util.Arrays;
import java.util.OptionalLong;

/**
 * A device that does DMA through an IOMMU, with a buffer of its own and an engine that copies between the two, as the
 * emulator's teaching device {@code edu} has.
 *
 * <p>What the IOMMU blocks is not written, and reads as zeros; the rest of the transfer goes on.
 *
 * <p>Not thread-safe: one transfer at a time, as in hardware.
 */
public final class FakeDevice {

    /** Bytes of the buffer. */
    public static final int BUFFER_SIZE = 4096;

    private static final int PAGE_SIZE = 4096;

    private final Device device;
    private final MockIommuDriver iommu;
    private final PhysicalMemory memory;
    private final byte[] buffer = new byte[BUFFER_SIZE];

    /**
     * A device behind an IOMMU.
     *
     * @param device in whose name requests are made
     * @param iommu what stands between
     * @param memory where they go
     */
    public FakeDevice(Device device, MockIommuDriver iommu, PhysicalMemory memory) {
        this.device = device;
        this.iommu = iommu;
        this.memory = memory;
    }

    /**
     * Reads memory.
     *
     * @param iova first address
     * @param length bytes
     * @return what was read, with zeros where reading was blocked
     */
    public byte[] read(long iova, int length) {
        byte[] data = new byte[length];
        forEachPage(iova, length, (at, from, to) -> {
            OptionalLong pa = iommu.translate(device, at, Access.READ);
            if (pa.isPresent()) {
                byte[] part = MemoryBytes.read(memory, pa.getAsLong(), to - from);
                System.arraycopy(part, 0, data, from, part.length);
            }
        });
        return data;
    }

    /**
     * Writes memory, where that is not blocked.
     *
     * @param iova first address
     * @param data what is written
     */
    public void write(long iova, byte[] data) {
        forEachPage(iova, data.length, (at, from, to) -> {
            OptionalLong pa = iommu.translate(device, at, Access.WRITE);
            if (pa.isPresent()) {
                MemoryBytes.write(memory, pa.getAsLong(), Arrays.copyOfRange(data, from, to));
            }
        });
    }

    /** A piece of a transfer within one page. */
    @FunctionalInterface
    private interface Piece {
        void transfer(long iova, int from, int to);
    }

    private static void forEachPage(long iova, int length, Piece piece) {
        int from = 0;
        while (from < length) {
            long at = iova + from;
            int rest = PAGE_SIZE - (int) (at & PAGE_SIZE - 1);
            int to = Math.min(length, from + rest);
            piece.transfer(at, from, to);
            from = to;
        }
    }

    /**
     * Copies memory into the buffer.
     *
     * @param iova first address
     * @param offset first byte of the buffer
     * @param length bytes
     * @throws IllegalArgumentException when the buffer is too small
     */
    public void fetch(long iova, int offset, int length) {
        requireInBuffer(offset, length);
        System.arraycopy(read(iova, length), 0, buffer, offset, length);
    }

    /**
     * Copies the buffer into memory.
     *
     * @param iova first address
     * @param offset first byte of the buffer
     * @param length bytes
     * @throws IllegalArgumentException when the buffer is too small
     */
    public void store(long iova, int offset, int length) {
        requireInBuffer(offset, length);
        write(iova, Arrays.copyOfRange(buffer, offset, offset + length));
    }

    private static void requireInBuffer(int offset, int length) {
        if (offset < 0 || length < 0 || length > BUFFER_SIZE - offset) {
            throw new IllegalArgumentException(length + " bytes at " + offset + " are not in the buffer");
        }
    }
}
