package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.memory.PhysicalMemory;
import java.util.HashMap;
import java.util.Map;

/**
 * Memory for an explanation: an update of a word that answers is seen by later reads of this object and takes place nowhere else.
 * For one explanation, by one thread.
 */
final class ReadOnlyMemory implements PhysicalMemory {

    private final PhysicalMemory memory;
    private final Map<Long, Long> updated = new HashMap<>();

    ReadOnlyMemory(PhysicalMemory memory) {
        this.memory = memory;
    }

    @Override
    public int load32(long address) {
        Long word = updated.get(address & -8);
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
