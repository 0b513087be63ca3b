package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a page table under test stands in: writes down what it is asked for, and can run out of memory. */
final class TableRig implements TlbInvalidation, CacheMaintenance, PageAllocator {

    /** Where tables are. */
    static final long ARENA = 0x8000_0000L;
    /** How much of it there is. */
    static final long ARENA_SIZE = 1 << 28;

    final SparseMemory memory;
    final ArenaAllocator arena;
    final KernelLog log = new KernelLog(KernelLog.WarnPolicy.RECORD);
    final List<String> tlb = new ArrayList<>();
    final List<String> caches = new ArrayList<>();
    private long allocationsUntilFailure = Long.MAX_VALUE;

    TableRig() {
        this(new SparseMemory());
    }

    TableRig(SparseMemory memory) {
        this.memory = memory;
        this.arena = new ArenaAllocator(memory, ARENA, ARENA_SIZE, new PlainLocking());
    }

    /** A rig in whose memory nothing answers outside of the arena. */
    static TableRig withBusErrors() {
        SparseMemory memory = SparseMemory.empty();
        memory.addRam(ARENA, ARENA_SIZE);
        return new TableRig(memory);
    }

    PageTableEnvironment.Builder environment() {
        return PageTableEnvironment.builder(memory, this).tlb(this).caches(this).log(log);
    }

    /** Lets the n-th allocation from now on fail, once. */
    void failAllocation(long n) {
        allocationsUntilFailure = n;
    }

    /** Takes the warnings since the last time. */
    List<String> warnings() {
        return log.drain().stream()
                .filter(line -> line.level() == KernelLog.Level.WARNING)
                .map(KernelLog.Line::text)
                .toList();
    }

    @Override
    public long allocate(long size, long alignment) {
        if (--allocationsUntilFailure == 0) {
            throw new IommuException(Errno.ENOMEM, "this allocation was to fail");
        }
        return arena.allocate(size, alignment);
    }

    @Override
    public void free(long address, long size) {
        arena.free(address, size);
    }

    @Override
    public void flushAll() {
        tlb.add("all");
    }

    @Override
    public void flushWalk(long iova, long size, long granule) {
        tlb.add(walk(iova, size, granule));
    }

    @Override
    public void addPage(@Nullable IotlbGather gather, long iova, long granule) {
        tlb.add(page(iova, granule));
    }

    static String walk(long iova, long size, long granule) {
        return String.format("walk 0x%x 0x%x 0x%x", iova, size, granule);
    }

    static String page(long iova, long granule) {
        return String.format("page 0x%x 0x%x", iova, granule);
    }

    @Override
    public void map(long pa, long size) {
        caches.add(String.format("map 0x%x 0x%x", pa, size));
    }

    @Override
    public void unmap(long pa, long size) {
        caches.add(String.format("unmap 0x%x 0x%x", pa, size));
    }

    @Override
    public void sync(long pa, long size) {
        caches.add(String.format("sync 0x%x 0x%x", pa, size));
    }
}
