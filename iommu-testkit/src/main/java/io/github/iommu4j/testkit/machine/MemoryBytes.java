package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.memory.PhysicalMemory;

/** Single bytes of a {@link PhysicalMemory}, which has words only. All methods are pure but for the memory. */
public final class MemoryBytes {

    private static final int WORD_MASK = 3;

    private MemoryBytes() {}

    /**
     * Reads bytes.
     *
     * @param memory where
     * @param address physical byte address, any alignment
     * @param length how many
     * @return the bytes
     */
    public static byte[] read(PhysicalMemory memory, long address, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            long at = address + i;
            bytes[i] = (byte) (memory.load32(at & ~WORD_MASK) >>> shift(at));
        }
        return bytes;
    }

    /**
     * Writes bytes. Two writers of one word must not run at the same time.
     *
     * @param memory where
     * @param address physical byte address, any alignment
     * @param bytes what
     */
    public static void write(PhysicalMemory memory, long address, byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) {
            long at = address + i;
            int old = memory.load32(at & ~WORD_MASK) & ~(0xFF << shift(at));
            memory.store32(at & ~WORD_MASK, old | (bytes[i] & 0xFF) << shift(at));
        }
    }

    private static int shift(long address) {
        return (int) (address & WORD_MASK) * Byte.SIZE;
    }
}
