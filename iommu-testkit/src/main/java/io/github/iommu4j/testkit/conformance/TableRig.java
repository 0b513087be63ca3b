package io.github.iommu4j.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.pagetable.FreedTables;
import io.github.iommu4j.core.pagetable.PageTable;
import io.github.iommu4j.core.pagetable.PageTableEnvironment;
import io.github.iommu4j.core.pagetable.PageTableFormat;
import io.github.iommu4j.core.pagetable.PartialUnmap;
import io.github.iommu4j.core.pagetable.WalkCoherency;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A table under test in a machine that watches it: a TLB that forgets nothing by itself, a walker that may not see the
 * CPU's caches, an allocator that knows which tables may still be walked, and plain translations to agree with.
 */
final class TableRig implements AutoCloseable {

    private static final long ARENA_BASE = 0x100_0000;
    private static final long ARENA_SIZE = 0x400_0000;

    final PageTable table;
    final PageTableFormat format;
    final DescriptorWalk shape;
    final WalkerMemory memory = new WalkerMemory();
    final CachedTranslations tlb = new CachedTranslations();
    final PlainTranslations expected = new PlainTranslations();
    final ArenaAllocator arena = new ArenaAllocator(memory, ARENA_BASE, ARENA_SIZE, new PlainLocking());

    private final KernelLog log = new KernelLog(KernelLog.WarnPolicy.RECORD);
    private final HardwareWalk hardware;
    private final Map<Long, Range> reach = new HashMap<>();
    private long untilFailure;
    private boolean watchesFrees = true;
    private boolean destroyed;

    /** The input addresses that are translated through a table. */
    private record Range(long iova, long size) {}

    /** Pages that are to be mapped. */
    record Pages(long iova, long pa, long page, long count, Prot prot) {
        long size() {
            return page * count;
        }

        /** What is left behind a number of bytes. */
        Pages from(long done) {
            return new Pages(iova + done, pa + done, page, count - done / page, prot);
        }
    }

    TableRig(PageTableSubject subject) {
        this(subject, PartialUnmap.SPLITS);
    }

    TableRig(PageTableSubject subject, PartialUnmap partialUnmap) {
        hardware = subject.hardware();
        table = subject.maker()
                .make(PageTableEnvironment.builder(memory, new WatchedArena())
                        .tlb(tlb)
                        .caches(memory)
                        .log(log)
                        .partialUnmap(partialUnmap)
                        .build());
        format = table.format();
        shape = new DescriptorWalk(format);
    }

    /** Gives out tables, and minds when they come back. */
    private final class WatchedArena implements PageAllocator {
        @Override
        public long allocate(long size, long alignment) {
            if (untilFailure != 0) {
                untilFailure--;
                if (untilFailure == 0) {
                    throw new IommuException(Errno.ENOMEM, "this table is refused");
                }
            }
            return arena.allocate(size, alignment);
        }

        @Override
        public void free(long address, long size) {
            Range range = watchesFrees ? reach.remove(address) : null;
            if (range != null && tlb.hasWalk(range.iova, range.size)) {
                throw new AssertionError(String.format(
                        "table 0x%x is freed while translations of 0x%x may be cached", address, range.iova));
            }
            assertThat(memory.isHanded(address))
                    .as("table 0x%x is still in the walker's hands", address)
                    .isFalse();
            arena.free(address, size);
        }
    }

    /** Lets an allocation fail, once: the n-th from here; 0 lets none. */
    void failAllocation(long n) {
        untilFailure = n;
    }

    /** Several threads are about to use the table: what they do is not followed. */
    void stopWatchingFrees() {
        watchesFrees = false;
    }

    boolean isCoherent() {
        return format.coherency() == WalkCoherency.COHERENT;
    }

    /** Whether tables that unmapping made useless wait in the gather. */
    boolean tablesWait() {
        return format.freedTables() == FreedTables.AFTER_SYNC;
    }

    /** Warnings since this was last asked. */
    int takeWarnings() {
        return (int) log.drain().stream()
                .filter(line -> line.level() == KernelLog.Level.WARNING)
                .count();
    }

    /**
     * What a map call did.
     *
     * @param errno why it was refused; {@code null} when it was not
     * @param mapped bytes mapped all the same
     */
    record Outcome(@Nullable Errno errno, long mapped) {}

    /** One call; what it says it mapped is mapped, whether it was refused or not. */
    Outcome mapOnce(Pages pages) {
        tlb.takeCalls();
        MapProgress progress = new MapProgress();
        Errno errno = null;
        try {
            table.map(pages.iova, pages.pa, pages.page, pages.count, pages.prot, progress);
        } catch (IommuException refusal) {
            errno = refusal.errno();
        }
        long mapped = progress.mapped();
        assertThat(mapped)
                .as("bytes mapped of %s, refused with %s", pages, errno)
                .isBetween(errno == null ? pages.page : 0, pages.size());
        assertThat(mapped % pages.page).isZero();
        for (CachedTranslations.Call call : tlb.takeCalls()) {
            if (call.kind() == CachedTranslations.Kind.WALK) {
                expected.remove(call.iova(), call.size());
            }
        }
        expected.put(pages.iova, mapped, pages.pa, pages.prot);
        if (mapped != 0) {
            tlb.cache(pages.iova, mapped);
            noteTables(pages.iova, mapped);
        }
        return new Outcome(errno, mapped);
    }

    /** Maps all of a range, calling again for what is left. */
    void map(Pages pages) {
        for (long done = 0; done < pages.size(); ) {
            Outcome outcome = mapOnce(pages.from(done));
            assertThat(outcome.errno).as("%s", pages).isNull();
            done += outcome.mapped;
        }
    }

    /** One call without a gather; what it says it unmapped goes nowhere, and must not be cached any more. */
    long unmapOnce(long iova, long page, long count) {
        return unmapOnce(iova, page, count, null);
    }

    /** One call. */
    long unmapOnce(long iova, long page, long count, @Nullable IotlbGather gather) {
        long unmapped = table.unmap(iova, page, count, gather);
        assertThat(unmapped).as("bytes unmapped from 0x%x", iova).isBetween(0L, page * count);
        expected.remove(iova, unmapped);
        boolean deferred = gather != null && (gather.isQueued() || tablesWait());
        if (unmapped != 0 && !deferred) {
            assertThat(tlb.hasLeaf(iova, unmapped))
                    .as("0x%x is unmapped, and may still be cached", iova)
                    .isFalse();
        }
        if (unmapped != 0) {
            noteTables(iova, unmapped);
        }
        return unmapped;
    }

    /** Unmaps all of a range, calling again for what is left. */
    void unmap(long iova, long page, long count) {
        for (long done = 0; done < count; ) {
            long unmapped = unmapOnce(iova + done * page, page, count - done);
            assertThat(unmapped).as("unmapped from 0x%x", iova + done * page).isNotZero();
            done += unmapped / page;
        }
    }

    /** Remembers which tables lead to a range. */
    private void noteTables(long iova, long size) {
        long step = 1L << shape.spanLg2(Math.min(1, shape.top()));
        long last = iova + size - 1 & -step;
        for (long at = iova & -step; at != last; at += step) {
            note(at);
        }
        note(last);
    }

    private void note(long iova) {
        long at = table.root();
        for (int level = shape.top(); level > 0; level--) {
            DescriptorWalk.Stop stop = shape.at(memory, at, iova, level);
            if (!stop.isTable()) {
                return;
            }
            at = format.tableAddress().read(stop.raw());
            long size = 1L << shape.spanLg2(level);
            reach.put(at, new Range(iova & -size, size));
        }
    }

    /** Reads the table as the hardware does. */
    HardwareWalk.@Nullable Found walk(long iova) {
        PhysicalMemory seen = isCoherent() ? memory : memory.walker();
        return hardware.walk(seen, table.root(), iova);
    }

    /** Everybody must say the same of an address. */
    void checkTranslation(long iova) {
        PlainTranslations.Run run = expected.run(iova);
        long pa = run == null ? 0 : run.pa(iova);
        assertThat(table.iovaToPhys(iova)).as("where 0x%x goes", iova).isEqualTo(pa);
        HardwareWalk.Found found = walk(iova);
        assertThat(found == null)
                .as("whether hardware finds 0x%x nowhere", iova)
                .isEqualTo(run == null);
        if (found != null && run != null) {
            assertThat(found.pa()).as("where hardware finds 0x%x", iova).isEqualTo(pa);
            requireAllowed(iova, run.prot(), found.prot());
        }
    }

    private static void requireAllowed(long iova, Prot asked, @Nullable Prot allowed) {
        if (allowed != null) {
            for (Prot right : new Prot[] {Prot.READ, Prot.WRITE}) {
                // What may be written can be read in many formats; the reverse would be a hole.
                boolean may = allowed.includes(right);
                boolean must = asked.includes(right);
                assertThat(may || !must)
                        .as("%s of 0x%x is allowed", right, iova)
                        .isTrue();
                assertThat(may && !must && right.equals(Prot.WRITE))
                        .as("%s of 0x%x is allowed, and was not asked for", right, iova)
                        .isFalse();
            }
        }
    }

    /** Checks all of the table: structure, leaves, lost tables, what the walker sees. */
    void check() {
        new StructureCheck(this).run();
        if (isCoherent()) {
            assertThat(memory.maintenanceCalls())
                    .as("cache maintenance of a coherent table")
                    .isZero();
        } else {
            memory.requireWrittenBack(arena.live(), format.syncedBit());
        }
    }

    /** Frees the table; everything must be invalidated first, and nothing may be left. */
    void destroy() {
        tlb.takeCalls();
        destroyed = true;
        table.destroy();
        assertThat(tlb.takeCalls())
                .as("invalidation before the tables are freed")
                .anyMatch(call -> call.kind() == CachedTranslations.Kind.ALL);
        assertThat(arena.live()).as("tables left").isEmpty();
    }

    @Override
    public void close() {
        if (!destroyed) {
            check();
            destroy();
        }
    }
}
