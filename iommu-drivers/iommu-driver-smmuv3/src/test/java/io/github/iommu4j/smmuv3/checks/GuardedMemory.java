package io.github.iommu4j.smmuv3.checks;

import io.github.iommu4j.api.memory.PhysicalMemory;

/** Memory that asks before each access of a device. */
record GuardedMemory(PhysicalMemory memory, Guard guard) implements PhysicalMemory {

    /** Throws for what must not happen. */
    interface Guard {
        /** An access is about to happen. */
        void check(long address, boolean writes);
    }

    @Override
    public int load32(long address) {
        guard.check(address, false);
        return memory.load32(address);
    }

    @Override
    public void store32(long address, int value) {
        guard.check(address, true);
        memory.store32(address, value);
    }

    @Override
    public long load64(long address) {
        guard.check(address, false);
        return memory.load64(address);
    }

    @Override
    public void store64(long address, long value) {
        guard.check(address, true);
        memory.store64(address, value);
    }

    @Override
    public boolean compareAndSet64(long address, long expected, long replacement) {
        guard.check(address, true);
        return memory.compareAndSet64(address, expected, replacement);
    }
}
