package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.memory.PhysicalMemory;

/** Memory that says when a word was stored. */
final class StoreObserver implements PhysicalMemory {

    private final PhysicalMemory memory;
    private Runnable afterStore = () -> {};

    StoreObserver(PhysicalMemory memory) {
        this.memory = memory;
    }

    void afterStore(Runnable action) {
        afterStore = action;
    }

    @Override
    public int load32(long address) {
        return memory.load32(address);
    }

    @Override
    public void store32(long address, int value) {
        memory.store32(address, value);
        afterStore.run();
    }

    @Override
    public long load64(long address) {
        return memory.load64(address);
    }

    @Override
    public void store64(long address, long value) {
        memory.store64(address, value);
        afterStore.run();
    }

    @Override
    public boolean compareAndSet64(long address, long expected, long replacement) {
        boolean done = memory.compareAndSet64(address, expected, replacement);
        afterStore.run();
        return done;
    }
}
