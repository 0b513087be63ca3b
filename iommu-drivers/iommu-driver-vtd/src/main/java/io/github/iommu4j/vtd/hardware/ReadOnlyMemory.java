package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.memory.PhysicalMemory;

/** Memory for an explanation: an update of a word that answers succeeds without taking place. */
final class ReadOnlyMemory implements PhysicalMemory {

    private final PhysicalMemory memory;

    ReadOnlyMemory(PhysicalMemory memory) {
        this.memory = memory;
    }

    @Override
    public int load32(long address) {
        return memory.load32(address);
    }

    @Override
    public void store32(long address, int value) {
        throw new AssertionError("an explanation stores to 0x" + Long.toHexString(address));
    }

    @Override
    public long load64(long address) {
        return memory.load64(address);
    }

    @Override
    public void store64(long address, long value) {
        throw new AssertionError("an explanation stores to 0x" + Long.toHexString(address));
    }

    @Override
    public boolean compareAndSet64(long address, long expected, long replacement) {
        return memory.load64(address) == expected;
    }
}
