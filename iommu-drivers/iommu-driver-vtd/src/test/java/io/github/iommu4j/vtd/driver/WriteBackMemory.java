package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.pagetable.CacheMaintenance;

/**
 * A CPU with caches before a memory, and a unit that does not look into them: it sees a word as it was when it was last
 * written back, but for a range that it snoops.
 */
final class WriteBackMemory implements CacheMaintenance {

    private final PhysicalMemory cpu;
    private final SparseMemory written = new SparseMemory();
    private final long snooped;
    private final long snoopedEnd;

    WriteBackMemory(PhysicalMemory cpu, long snooped, long snoopedEnd) {
        this.cpu = cpu;
        this.snooped = snooped;
        this.snoopedEnd = snoopedEnd;
    }

    @Override
    public void map(long pa, long size) {
        sync(pa, size);
    }

    @Override
    public void unmap(long pa, long size) {}

    @Override
    public void sync(long pa, long size) {
        for (long at = pa; at < pa + size; at += Long.BYTES) {
            written.store64(at, cpu.load64(at));
        }
    }

    private PhysicalMemory at(long address) {
        return address >= snooped && address < snoopedEnd ? cpu : written;
    }

    /** The memory as the unit sees it. */
    PhysicalMemory walker() {
        return new PhysicalMemory() {
            @Override
            public int load32(long address) {
                return at(address).load32(address);
            }

            @Override
            public long load64(long address) {
                return at(address).load64(address);
            }

            @Override
            public void store32(long address, int value) {
                at(address).store32(address, value);
            }

            @Override
            public void store64(long address, long value) {
                at(address).store64(address, value);
            }

            @Override
            public boolean compareAndSet32(long address, int expected, int value) {
                return at(address).compareAndSet32(address, expected, value);
            }

            @Override
            public boolean compareAndSet64(long address, long expected, long value) {
                return at(address).compareAndSet64(address, expected, value);
            }
        };
    }
}
