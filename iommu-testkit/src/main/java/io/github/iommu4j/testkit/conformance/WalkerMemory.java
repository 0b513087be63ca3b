package io.github.iommu4j.testkit.conformance;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.memory.ArenaAllocator.Piece;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.pagetable.CacheMaintenance;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Memory with a CPU that has caches and a walker that does not look into them: the walker sees a word as it was when it
 * was last written back.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread.
 */
final class WalkerMemory implements PhysicalMemory, CacheMaintenance {

    private final SparseMemory cpu = new SparseMemory();
    private final SparseMemory walker = new SparseMemory();
    private final Map<Long, Long> handed = new TreeMap<>();
    private long calls;

    /** The memory as a walker sees it that does not snoop. */
    PhysicalMemory walker() {
        return walker;
    }

    /** Calls of cache maintenance so far. */
    synchronized long maintenanceCalls() {
        return calls;
    }

    /** Whether a table, or a part of it, is in the walker's hands. */
    synchronized boolean isHanded(long table) {
        return handed.containsKey(table);
    }

    @Override
    public synchronized void map(long pa, long size) {
        calls++;
        if (handed.put(pa, size) != null) {
            throw new AssertionError(String.format("table 0x%x is handed to the walker twice", pa));
        }
        writeBack(pa, size);
    }

    @Override
    public synchronized void unmap(long pa, long size) {
        calls++;
        if (!handed.remove(pa, size)) {
            throw new AssertionError(String.format("table 0x%x of 0x%x bytes is not in the walker's hands", pa, size));
        }
    }

    @Override
    public synchronized void sync(long pa, long size) {
        calls++;
        writeBack(pa, size);
    }

    private void writeBack(long pa, long size) {
        for (long address = pa; address < pa + size; address += Integer.BYTES) {
            walker.store32(address, cpu.load32(address));
        }
    }

    /** Fails when the walker sees an old descriptor; a software bit does not count. */
    synchronized void requireWrittenBack(List<Piece> tables, long syncedBit) {
        for (Piece piece : tables) {
            long end = piece.address() + handed.getOrDefault(piece.address(), 0L);
            for (long address = piece.address(); address < end; address += Long.BYTES) {
                long stale = (cpu.load64(address) ^ walker.load64(address)) & ~syncedBit;
                if (stale != 0) {
                    throw new AssertionError(String.format("the descriptor at 0x%x is not written back", address));
                }
            }
        }
    }

    @Override
    public int load32(long address) {
        return cpu.load32(address);
    }

    @Override
    public void store32(long address, int value) {
        cpu.store32(address, value);
    }

    @Override
    public long load64(long address) {
        return cpu.load64(address);
    }

    @Override
    public void store64(long address, long value) {
        cpu.store64(address, value);
    }

    @Override
    public boolean compareAndSet64(long address, long expected, long replacement) {
        return cpu.compareAndSet64(address, expected, replacement);
    }
}
