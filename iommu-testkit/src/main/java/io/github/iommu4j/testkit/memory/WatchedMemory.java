package io.github.iommu4j.testkit.memory;

import io.github.iommu4j.api.memory.PhysicalMemory;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the accesses to a memory, so that a test can say that something reads no more than so often or writes nothing.
 *
 * <p><b>Thread-safety:</b> as the memory behind it; the counts are exact under any number of threads.
 */
public final class WatchedMemory implements PhysicalMemory {

    private final PhysicalMemory memory;
    private final AtomicLong loads = new AtomicLong();
    private final AtomicLong stores = new AtomicLong();

    /**
     * Watches a memory.
     *
     * @param memory where every access goes
     */
    public WatchedMemory(PhysicalMemory memory) {
        this.memory = memory;
    }

    /**
     * How many loads there were, refused ones included.
     *
     * @return the count since this was made
     */
    public long loads() {
        return loads.get();
    }

    /**
     * How many stores and compare-and-sets there were, refused and failed ones included.
     *
     * @return the count since this was made
     */
    public long stores() {
        return stores.get();
    }

    @Override
    public int load32(long address) {
        loads.incrementAndGet();
        return memory.load32(address);
    }

    @Override
    public void store32(long address, int value) {
        stores.incrementAndGet();
        memory.store32(address, value);
    }

    @Override
    public long load64(long address) {
        loads.incrementAndGet();
        return memory.load64(address);
    }

    @Override
    public void store64(long address, long value) {
        stores.incrementAndGet();
        memory.store64(address, value);
    }

    @Override
    public boolean compareAndSet64(long address, long expected, long replacement) {
        stores.incrementAndGet();
        return memory.compareAndSet64(address, expected, replacement);
    }
}
