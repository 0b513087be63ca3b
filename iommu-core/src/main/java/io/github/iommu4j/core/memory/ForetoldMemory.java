package io.github.iommu4j.core.memory;

import io.github.iommu4j.api.memory.PhysicalMemory;
import java.util.HashMap;
import java.util.Map;

/**
 * Memory as it would be after the updates of an explanation: a word that {@link #compareAndSet64} changes is seen by later reads
 * of this object, and changes nowhere else. Plain stores are a broken explanation and an {@link AssertionError}.
 *
 * <p>For one explanation, by one thread.
 */
public final class ForetoldMemory implements PhysicalMemory {

    private static final long WORD = -8;

    private final PhysicalMemory memory;
    private final Map<Long, Long> updated = new HashMap<>();

    /**
     * Memory without updates.
     *
     * @param memory what is read, and never written
     */
    public ForetoldMemory(PhysicalMemory memory) {
        this.memory = memory;
    }

    @Override
    public int load32(long address) {
        Long word = updated.get(address & WORD);
        return word == null ? memory.load32(address) : (int) (word >>> (address & 4) * 8);
    }

    @Override
    public void store32(long address, int value) {
        throw new AssertionError("an explanation stores to 0x" + Long.toHexString(address));
    }

    @Override
    public long load64(long address) {
        Long word = updated.get(address);
        return word == null ? memory.load64(address) : word;
    }

    @Override
    public void store64(long address, long value) {
        throw new AssertionError("an explanation stores to 0x" + Long.toHexString(address));
    }

    @Override
    public boolean compareAndSet64(long address, long expected, long replacement) {
        if (load64(address) != expected) {
            return false;
        }
        updated.put(address, replacement);
        return true;
    }
}
