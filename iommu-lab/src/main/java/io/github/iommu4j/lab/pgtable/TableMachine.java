package io.github.iommu4j.lab.pgtable;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.pagetable.CacheMaintenance;
import io.github.iommu4j.core.pagetable.PageTableEnvironment;
import io.github.iommu4j.core.pagetable.PageTableErratum;
import io.github.iommu4j.core.pagetable.TlbInvalidation;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.lab.vector.Effects;
import io.github.iommu4j.lab.vector.TableEvent;
import io.github.iommu4j.lab.vector.TableState;
import io.github.iommu4j.lab.vector.TableState.Leaf;
import io.github.iommu4j.lab.vector.VectorRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** What a table of one sequence stands in: writes down everything the table does to it. Confined to one thread. */
final class TableMachine {

    private static final long ARENA = 1L << 36;
    private static final String WARNING = "WARNING: ";

    private final SparseMemory memory = new SparseMemory();
    private final KernelLog log = new KernelLog(KernelLog.WarnPolicy.RECORD);
    private final ArenaAllocator arena;
    private final int word;
    private final List<TableEvent> tlb = new ArrayList<>();
    private final List<TableEvent> mem = new ArrayList<>();
    private final List<TableEvent> dma = new ArrayList<>();
    private long untilFailure;

    TableMachine(VectorRow.Place place) {
        arena = new ArenaAllocator(memory, place.base(), ARENA, new PlainLocking());
        word = place.word();
    }

    SparseMemory memory() {
        return memory;
    }

    KernelLog log() {
        return log;
    }

    /** Lets an allocation fail, once: the n-th from here; 0 lets none. */
    void failAllocation(long n) {
        untilFailure = n;
    }

    PageAllocator allocator() {
        return new PageAllocator() {
            @Override
            public long allocate(long size, long alignment) {
                if (untilFailure != 0) {
                    untilFailure--;
                    if (untilFailure == 0) {
                        mem.add(TableEvent.of("fail", 0L, size));
                        throw new IommuException(Errno.ENOMEM, "this allocation is to fail");
                    }
                }
                long address = arena.allocate(size, alignment);
                mem.add(TableEvent.of("alloc", address, size));
                return address;
            }

            @Override
            public void free(long address, long size) {
                arena.free(address, size);
                mem.add(TableEvent.of("free", address, size));
            }
        };
    }

    /** Where a table of the core's engine stands, with the defects of the engine that are switched on. */
    PageTableEnvironment environment(Set<Erratum> errata, TlbInvalidation invalidation, CacheMaintenance maintenance) {
        PageTableEnvironment.Builder builder = PageTableEnvironment.builder(memory, allocator())
                .tlb(invalidation)
                .caches(maintenance)
                .log(log);
        for (PageTableErratum erratum : PageTableErratum.values()) {
            if (errata.contains(erratum)) {
                builder.erratum(erratum);
            }
        }
        return builder.build();
    }

    TlbInvalidation tlb() {
        return new TlbInvalidation() {
            @Override
            public void flushAll() {
                tlb.add(TableEvent.of("all"));
            }

            @Override
            public void flushWalk(long iova, long size, long granule) {
                tlb.add(TableEvent.of("walk", iova, size, granule));
            }

            @Override
            public void addPage(@Nullable IotlbGather gather, long iova, long granule) {
                tlb.add(TableEvent.of("page", iova, granule));
            }
        };
    }

    /** An invalidation that a family writes down in words of its own. */
    void invalidated(TableEvent event) {
        tlb.add(event);
    }

    /** Cache maintenance of those who only know how to write lines back. */
    CacheMaintenance lines() {
        return new CacheMaintenance() {
            @Override
            public void map(long pa, long size) {
                sync(pa, size);
            }

            @Override
            public void unmap(long pa, long size) {}

            @Override
            public void sync(long pa, long size) {
                dma.add(TableEvent.of("clflush", pa, size));
            }
        };
    }

    CacheMaintenance caches() {
        return new CacheMaintenance() {
            @Override
            public void map(long pa, long size) {
                dma.add(TableEvent.of("map", pa, size));
            }

            @Override
            public void unmap(long pa, long size) {
                dma.add(TableEvent.of("unmap", pa, size));
            }

            @Override
            public void sync(long pa, long size) {
                dma.add(TableEvent.of("sync", pa, size));
            }
        };
    }

    /** What happened since this was last asked. */
    Effects takeEffects() {
        long warnings = log.drain().stream()
                .filter(line -> line.text().startsWith(WARNING))
                .count();
        Effects effects = new Effects(tlb, mem, dma, warnings);
        tlb.clear();
        mem.clear();
        dma.clear();
        return effects;
    }

    /** What is in memory now. */
    TableState state(SortedMap<Long, Leaf> leaves) {
        SortedMap<Long, Long> blocks = TableState.byAddress();
        SortedMap<Long, Long> words = TableState.byAddress();
        for (ArenaAllocator.Piece piece : arena.live()) {
            blocks.put(piece.address(), piece.size());
            for (long address = piece.address(); address < piece.address() + piece.size(); address += word) {
                long value = load(address);
                if (value != 0) {
                    words.put(address, value);
                }
            }
        }
        return new TableState(blocks, words, leaves);
    }

    /** One descriptor. */
    long load(long address) {
        return word == Long.BYTES ? memory.load64(address) : Integer.toUnsignedLong(memory.load32(address));
    }
}
