package io.github.iommu4j.bench.pagetable;

import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.pagetable.PageTable;
import io.github.iommu4j.core.pagetable.PageTableEnvironment;
import io.github.iommu4j.core.pagetable.TlbInvalidation;
import io.github.iommu4j.core.pagetable.arm.ArmTableConfig;
import io.github.iommu4j.core.pagetable.arm.LpaeKind;
import io.github.iommu4j.core.pagetable.arm.LpaeTable;
import io.github.iommu4j.core.pagetable.arm.ShortDescriptorTable;
import org.jspecify.annotations.Nullable;

/** A table to measure, in memory of its own; refuses to measure calls that do not do what they should. */
final class Subject {

    /** Where input addresses begin. */
    final long iova;
    /** Where output addresses begin. */
    final long pa;

    private final PageTable table;
    private final Counter invalidations;
    private final MapProgress progress = new MapProgress();

    /** Counts what it is told, as the measurement of the kernel's code does. */
    private static final class Counter implements TlbInvalidation {
        private long calls;

        @Override
        public void flushAll() {
            calls++;
        }

        @Override
        public void flushWalk(long iova, long size, long granule) {
            calls++;
        }

        @Override
        public void addPage(@Nullable IotlbGather gather, long iova, long granule) {
            calls++;
        }

        @Override
        public void addPages(@Nullable IotlbGather gather, long iova, long granule, long count) {
            calls += count;
        }
    }

    private Subject(PageTable table, Counter invalidations, long iova, long pa) {
        this.table = table;
        this.invalidations = invalidations;
        this.iova = iova;
        this.pa = pa;
    }

    /** Long descriptors: stage 1, pages of 4K, 2M, 1G, 48 bits in and out. */
    static Subject lpae(Arena arena) {
        ArmTableConfig config = ArmTableConfig.of(new PageSizes(0x4020_1000L), 48, 48);
        Counter invalidations = new Counter();
        return new Subject(
                LpaeTable.create(LpaeKind.ARM_64_LPAE_S1, config, environment(arena, invalidations))
                        .pageTable(),
                invalidations,
                0x40_0000_0000L,
                0x1_0000_0000L);
    }

    /** Short descriptors: pages of 4K, 64K, 1M, 16M, 32 bits in and out. */
    static Subject shortDescriptors(Arena arena) {
        ArmTableConfig config = ArmTableConfig.of(new PageSizes(0x0111_1000L), 32, 32);
        Counter invalidations = new Counter();
        return new Subject(
                ShortDescriptorTable.create(config, environment(arena, invalidations))
                        .pageTable(),
                invalidations,
                0x4000_0000L,
                0x8000_0000L);
    }

    private static PageTableEnvironment environment(Arena arena, Counter invalidations) {
        SparseMemory memory = new SparseMemory();
        return PageTableEnvironment.builder(memory, arena.over(memory))
                .tlb(invalidations)
                .build();
    }

    /** Maps pages one by one, ascending. */
    void mapEach(long size, long page) {
        for (long offset = 0; offset < size; offset += page) {
            require(page, map(offset, page, 1));
        }
    }

    /** Unmaps pages one by one, ascending. */
    void unmapEach(long size, long page) {
        long before = invalidations.calls;
        for (long offset = 0; offset < size; offset += page) {
            require(page, table.unmap(iova + offset, page, 1, null));
        }
        if (invalidations.calls - before < size / page) {
            throw new IllegalStateException("what was unmapped was not invalidated");
        }
    }

    /** Maps a range, each call with all that is left. */
    void mapRange(long size, long page) {
        for (long done = 0; done < size; ) {
            done += requireSome(map(done, page, (size - done) / page));
        }
    }

    /** Unmaps a range, each call with all that is left. */
    void unmapRange(long size, long page) {
        for (long done = 0; done < size; ) {
            done += requireSome(table.unmap(iova + done, page, (size - done) / page, null));
        }
    }

    /** Unmaps one page somewhere. */
    void unmap(long offset, long page) {
        require(page, table.unmap(iova + offset, page, 1, null));
    }

    /** Looks addresses up; gives the sum of what they translate to. */
    long lookUp(long[] addresses) {
        long sum = 0;
        for (long address : addresses) {
            sum += table.iovaToPhys(address);
        }
        return sum;
    }

    /** Random addresses within a size, and what their translations sum up to. */
    long[] addresses(long size, long seed, int count) {
        XorShift random = new XorShift(seed);
        long[] addresses = new long[count];
        for (int i = 0; i < count; i++) {
            addresses[i] = iova + random.below(size);
        }
        return addresses;
    }

    private long map(long offset, long page, long count) {
        long before = progress.mapped();
        table.map(iova + offset, pa + offset, page, count, Prot.READ_WRITE, progress);
        return progress.mapped() - before;
    }

    private static long requireSome(long done) {
        if (done <= 0) {
            throw new IllegalStateException("a call did nothing");
        }
        return done;
    }

    private static void require(long expected, long done) {
        if (done != expected) {
            throw new IllegalStateException(
                    "a call did 0x" + Long.toHexString(done) + " bytes instead of 0x" + Long.toHexString(expected));
        }
    }
}
