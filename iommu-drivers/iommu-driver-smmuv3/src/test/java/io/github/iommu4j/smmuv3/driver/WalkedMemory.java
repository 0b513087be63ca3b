package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.memory.PhysicalMemory;

/**
 * Explored memory as hardware sees it: tasks can change where it reads. What it writes, records and messages, it writes under
 * its own monitors, which must not be held where tasks change.
 */
record WalkedMemory(PhysicalMemory explored, PhysicalMemory memory) implements PhysicalMemory {

    @Override
    public int load32(long address) {
        return explored.load32(address);
    }

    @Override
    public long load64(long address) {
        return explored.load64(address);
    }

    @Override
    public void store32(long address, int value) {
        memory.store32(address, value);
    }

    @Override
    public void store64(long address, long value) {
        memory.store64(address, value);
    }

    @Override
    public boolean compareAndSet64(long address, long expected, long replacement) {
        return memory.compareAndSet64(address, expected, replacement);
    }

    @Override
    public boolean compareAndSet32(long address, int expected, int replacement) {
        return memory.compareAndSet32(address, expected, replacement);
    }
}
