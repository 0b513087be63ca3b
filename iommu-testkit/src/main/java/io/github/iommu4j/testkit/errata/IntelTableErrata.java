package io.github.iommu4j.testkit.errata;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.pagetable.PageTableEnvironment;
import io.github.iommu4j.core.pagetable.PageTableErratum;
import io.github.iommu4j.core.pagetable.intel.IntelStage;
import io.github.iommu4j.core.pagetable.intel.IntelTable;
import io.github.iommu4j.core.pagetable.intel.IntelTableConfig;
import java.util.List;
import java.util.Set;

/** The cases of the page-table code's errata that are about Intel's tables. */
final class IntelTableErrata {

    private static final long PAGE = 0x1000;
    private static final long LARGE = 0x20_0000;
    private static final long HUGE = 0x4000_0000;
    private static final long TARGET = 0x1_0000_0000L;

    private IntelTableErrata() {}

    static List<ErratumCase> cases() {
        return List.of(
                new ErratumCase(
                        PageTableErratum.REPLACED_MIX_LOSES_TABLES,
                        "A gigabyte is mapped over a page of 2M and one of 4K, and the table is freed.",
                        "the allocator",
                        "1 page-table page was never freed",
                        IntelTableErrata::replaceMix),
                new ErratumCase(
                        PageTableErratum.UNMAP_OF_NOTHING_ROUNDS,
                        "A page is unmapped where nothing is mapped.",
                        "the same calls on plain translations",
                        "0x40000000 is gone, and only 0x3e000000 was unmapped",
                        IntelTableErrata::unmapNothing),
                new ErratumCase(
                        PageTableErratum.FAILED_RANGE_COUNTS_NOTHING,
                        "Memory for a table runs out in the middle of a call to map.",
                        "what the call says, against the table",
                        "0x1ff000 is mapped after a call that mapped 0 bytes",
                        IntelTableErrata::mapWithoutMemory));
    }

    /** A table of 48 bits, its memory, and how many tables it may have. */
    private static final class Table {
        final ArenaAllocator arena;
        final IntelTable table;
        private int room = Integer.MAX_VALUE;

        Table(Set<Erratum> errata) {
            SparseMemory memory = new SparseMemory();
            arena = new ArenaAllocator(memory, 0x8000_0000L, LARGE, new PlainLocking());
            PageTableEnvironment.Builder environment = PageTableEnvironment.builder(memory, new Limited());
            for (PageTableErratum erratum : PageTableErratum.values()) {
                if (errata.contains(erratum)) {
                    environment.erratum(erratum);
                }
            }
            table = IntelTable.create(
                    IntelTableConfig.of(IntelStage.SECOND, 48).withLargePages(3), environment.build());
        }

        private final class Limited implements PageAllocator {
            @Override
            public long allocate(long size, long alignment) {
                if (room == 0) {
                    throw new IommuException(Errno.ENOMEM, "there is no memory for another table");
                }
                room--;
                return arena.allocate(size, alignment);
            }

            @Override
            public void free(long address, long size) {
                arena.free(address, size);
            }
        }

        void map(long iova, long size, long count, MapProgress progress) {
            table.map(iova, TARGET + iova, size, count, Prot.READ_WRITE, progress);
        }

        boolean isMapped(long iova) {
            return table.pageTable().iovaToPhys(iova) != 0;
        }
    }

    private static List<String> replaceMix(Set<Erratum> errata) {
        Table table = new Table(errata);
        table.map(0, LARGE, 1, new MapProgress());
        table.map(LARGE, PAGE, 1, new MapProgress());
        table.map(0, HUGE, 1, new MapProgress());
        table.table.pageTable().destroy();
        int left = table.arena.live().size();
        return left == 0 ? List.of() : List.of(left + " page-table page was never freed");
    }

    private static List<String> unmapNothing(Set<Erratum> errata) {
        Table table = new Table(errata);
        table.map(HUGE, PAGE, 1, new MapProgress());
        table.table.unmap(0x3E00_0000L, PAGE, 1, new IotlbGather());
        return table.isMapped(HUGE) ? List.of() : List.of("0x40000000 is gone, and only 0x3e000000 was unmapped");
    }

    private static List<String> mapWithoutMemory(Set<Erratum> errata) {
        Table table = new Table(errata);
        table.room = 3;
        MapProgress progress = new MapProgress();
        try {
            table.map(LARGE - PAGE, PAGE, 2, progress);
        } catch (IommuException refusal) {
            // As the core does: what was mapped is taken back.
            for (long done = 0; done < progress.mapped(); done += PAGE) {
                table.table.unmap(LARGE - PAGE + done, PAGE, 1, null);
            }
        }
        return table.isMapped(LARGE - PAGE)
                ? List.of(String.format(
                        "0x%x is mapped after a call that mapped %d bytes", LARGE - PAGE, progress.mapped()))
                : List.of();
    }
}
