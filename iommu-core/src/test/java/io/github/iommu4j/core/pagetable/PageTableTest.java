package io.github.iommu4j.core.pagetable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The engine's rules, shown with the toy format: 16 descriptors a table, pages of 256, 1K, 4K and 64K bytes. */
class PageTableTest {

    private static final ToyFormat ONE_TABLE =
            new ToyFormat(RunRule.ONE_TABLE, WalkCoherency.COHERENT, FreedTables.AT_ONCE);
    private static final ToyFormat PAGE_BY_PAGE =
            new ToyFormat(RunRule.PAGE_BY_PAGE, WalkCoherency.COHERENT, FreedTables.AT_ONCE);
    private static final ToyFormat WAITING =
            new ToyFormat(RunRule.ONE_TABLE, WalkCoherency.COHERENT, FreedTables.AFTER_SYNC);

    private final TableRig rig = new TableRig();

    private PageTable table(PageTableFormat format) {
        return PageTable.create(format, rig.environment().build());
    }

    private static long map(PageTable table, long iova, long pageSize, long count) {
        MapProgress progress = new MapProgress();
        table.map(iova, iova, pageSize, count, Prot.READ_WRITE, progress);
        return progress.mapped();
    }

    private void expectRefusal(Errno errno, int warnings, Runnable call) {
        rig.log.drain();
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        IommuException.class,
                        refusal -> assertThat(refusal.errno()).isEqualTo(errno));
        assertThat(rig.warnings()).hasSize(warnings);
    }

    @Test
    void aRunEndsWithItsTable() {
        PageTable table = table(ONE_TABLE);
        assertThat(map(table, 0xE00, 0x100, 10)).isEqualTo(0x200);
        assertThat(map(table, 0x1000, 0x100, 8)).isEqualTo(0x800);
        assertThat(table.unmap(0xE00, 0x100, 10, null)).isEqualTo(0x200);
        assertThat(table.iovaToPhys(0x1042)).isEqualTo(0x1042);
    }

    @Test
    void pageByPageARunGoesOnInTheNextTable() {
        PageTable table = table(PAGE_BY_PAGE);
        assertThat(map(table, 0xE00, 0x100, 10)).isEqualTo(0xA00);
        assertThat(table.unmap(0xE00, 0x100, 10, null)).isEqualTo(0xA00);
        assertThat(rig.tlb).hasSize(10);
    }

    @Test
    void togetherNothingIsMappedBeforeAnObstacleButPageByPageWhatComesFirstIs() {
        MapProgress together = new MapProgress();
        PageTable first = table(ONE_TABLE);
        map(first, 0x300, 0x100, 1);
        expectRefusal(Errno.EEXIST, 1, () -> first.map(0, 0, 0x100, 8, Prot.READ, together));
        assertThat(together.mapped()).isZero();
        assertThat(first.iovaToPhys(0)).isZero();

        MapProgress single = new MapProgress();
        PageTable second = table(PAGE_BY_PAGE);
        map(second, 0x300, 0x100, 1);
        expectRefusal(Errno.EEXIST, 1, () -> second.map(0, 0x100, 0x100, 8, Prot.READ, single));
        assertThat(single.mapped()).isEqualTo(0x300);
        assertThat(second.iovaToPhys(0x242)).isEqualTo(0x342);
    }

    @Test
    void aLargerLeafTakesThePlaceOfATable() {
        PageTable table = table(ONE_TABLE);
        map(table, 0x1000, 0x100, 16);
        map(table, 0x1_0000, 0x1000, 1);
        int tables = rig.arena.live().size();
        assertThat(map(table, 0, 0x1_0000, 2)).isEqualTo(0x2_0000);
        assertThat(rig.tlb).containsExactly("walk 0x0 0x10000 0x100", "walk 0x10000 0x10000 0x100");
        assertThat(rig.arena.live()).hasSize(tables - 3);
        assertThat(table.iovaToPhys(0x1042)).isEqualTo(0x1042);
    }

    @Test
    void arguments() {
        PageTable table = table(ONE_TABLE);
        MapProgress progress = new MapProgress();
        expectRefusal(Errno.EINVAL, 1, () -> table.map(0, 0, 0x200, 1, Prot.READ, progress));
        expectRefusal(Errno.EINVAL, 1, () -> table.map(0, 0, 0x1100, 1, Prot.READ, progress));
        expectRefusal(Errno.EINVAL, 1, () -> table.map(0, 0, 0, 1, Prot.READ, progress));
        expectRefusal(Errno.EINVAL, 1, () -> table.map(0x80, 0, 0x100, 1, Prot.READ, progress));
        expectRefusal(Errno.EINVAL, 1, () -> table.map(0, 0x80, 0x100, 1, Prot.READ, progress));
        expectRefusal(Errno.EINVAL, 1, () -> table.map(0, 0, 0x100, -1, Prot.READ, progress));
        expectRefusal(Errno.ERANGE, 1, () -> table.map(0x10_0000, 0, 0x100, 1, Prot.READ, progress));
        expectRefusal(Errno.ERANGE, 1, () -> table.map(-0x100, 0, 0x100, 1, Prot.READ, progress));
        expectRefusal(Errno.ERANGE, 1, () -> table.map(0, 1L << 32, 0x100, 1, Prot.READ, progress));
        expectRefusal(Errno.ERANGE, 1, () -> table.map(0, 0xFFFF_FF00L, 0x100, 2, Prot.READ, progress));
        expectRefusal(Errno.ERANGE, 1, () -> table.map(0, 0, 0x100, Long.MAX_VALUE, Prot.READ, progress));
        expectRefusal(Errno.EINVAL, 0, () -> table.map(0, 0, 0x100, 1, Prot.CACHE.and(Prot.PRIV), progress));
        expectRefusal(Errno.EINVAL, 0, () -> table.map(0, 0, 0x100, 0, Prot.READ, progress));
        assertThat(progress.mapped()).isZero();
        assertThat(rig.arena.live()).hasSize(1);
    }

    @Test
    void aRunThatLeavesTheInputSpaceIsRefusedWhereItWouldGoOn() {
        PageTable table = table(PAGE_BY_PAGE);
        MapProgress progress = new MapProgress();
        expectRefusal(Errno.ERANGE, 1, () -> table.map(0xF_FF00, 0, 0x100, 2, Prot.READ, progress));
        assertThat(table.unmap(0xF_FF00, 0x100, 2, null)).isZero();
        assertThat(rig.warnings()).hasSize(1);
        assertThat(map(table(ONE_TABLE), 0xF_FF00, 0x100, 2)).isEqualTo(0x100);
    }

    @Test
    void unmapArguments() {
        PageTable table = table(ONE_TABLE);
        map(table, 0, 0x100, 16);
        assertThat(table.unmap(0, 0x200, 1, null)).isZero();
        assertThat(table.unmap(0x80, 0x100, 1, null)).isZero();
        assertThat(table.unmap(0, 0x100, 0, null)).isZero();
        assertThat(table.unmap(0, 0x100, -1, null)).isZero();
        assertThat(table.unmap(0x10_0000, 0x100, 1, null)).isZero();
        assertThat(rig.warnings()).hasSize(5);
        PageTable other = table(PAGE_BY_PAGE);
        assertThat(other.unmap(0, 0x100, 0, null)).isZero();
        assertThat(rig.warnings()).isEmpty();
        assertThat(other.unmap(0, 0x100, -1, null)).isZero();
        assertThat(rig.warnings()).hasSize(1);
    }

    @Test
    void unmappingStopsAtAHoleWithOneWarning() {
        for (ToyFormat format : List.of(ONE_TABLE, PAGE_BY_PAGE)) {
            PageTable table = table(format);
            map(table, 0, 0x100, 3);
            assertThat(table.unmap(0, 0x100, 8, null)).isEqualTo(0x300);
            assertThat(rig.warnings()).hasSize(1);
            assertThat(table.unmap(0x1_0000, 0x100, 1, null)).isZero();
            assertThat(rig.warnings()).hasSize(1);
        }
    }

    @Test
    void aQueuedGatherIsToldNothing() {
        PageTable table = table(ONE_TABLE);
        map(table, 0, 0x100, 3);
        assertThat(table.unmap(0, 0x100, 2, IotlbGather.queued())).isEqualTo(0x200);
        assertThat(rig.tlb).isEmpty();
        assertThat(table.unmap(0x200, 0x100, 1, new IotlbGather())).isEqualTo(0x100);
        assertThat(rig.tlb).containsExactly("page 0x200 0x100");
    }

    @Test
    void partOfALeafCanBeUnmapped() {
        PageTable table = table(ONE_TABLE);
        map(table, 0x1_0000, 0x1_0000, 1);
        assertThat(table.unmap(0x1_2300, 0x100, 3, null)).isEqualTo(0x300);
        assertThat(rig.tlb).containsExactly("page 0x12300 0x100", "page 0x12400 0x100", "page 0x12500 0x100");
        assertThat(table.iovaToPhys(0x1_22FF)).isEqualTo(0x1_22FF);
        assertThat(table.iovaToPhys(0x1_2300)).isZero();
        assertThat(table.iovaToPhys(0x1_2600)).isEqualTo(0x1_2600);
        assertThat(rig.arena.live()).hasSize(3);
    }

    @Test
    void aReleaseThatDoesNotSplitUnmapsNothingOfALargerLeaf() {
        PageTable table = PageTable.create(
                ONE_TABLE, rig.environment().partialUnmap(PartialUnmap.REFUSED).build());
        map(table, 0x1_0000, 0x1_0000, 1);
        map(table, 0, 0x400, 1);
        assertThat(table.unmap(0x1_2300, 0x100, 3, null)).isZero();
        assertThat(rig.warnings()).singleElement().asString().contains("0x12300");
        assertThat(table.unmap(0x100, 0x100, 1, null)).isZero();
        assertThat(rig.warnings()).hasSize(1);
        assertThat(table.iovaToPhys(0x100)).isEqualTo(0x100);
        assertThat(table.unmap(0, 0x400, 1, null)).isEqualTo(0x400);
        assertThat(table.unmap(0x1_0000, 0x1_0000, 1, null)).isEqualTo(0x1_0000);
    }

    @Test
    void withoutMemoryForTheTableOfASplitNothingIsUnmapped() {
        PageTable table = table(ONE_TABLE);
        map(table, 0x1_0000, 0x1_0000, 1);
        rig.failAllocation(1);
        assertThat(table.unmap(0x1_2300, 0x100, 1, null)).isZero();
        rig.failAllocation(2);
        assertThat(table.unmap(0x1_2300, 0x100, 1, null)).isZero();
        assertThat(rig.warnings()).isEmpty();
        assertThat(table.iovaToPhys(0x1_2342)).isEqualTo(0x1_2342);
        table.destroy();
        assertThat(rig.arena.live()).isEmpty();
    }

    @Test
    void tablesThatWaitAreFreedWithTheirGather() {
        PageTable table = table(WAITING);
        map(table, 0, 0x100, 16);
        map(table, 0x1000, 0x100, 16);
        IotlbGather gather = new IotlbGather();
        assertThat(table.unmap(0, 0x1_0000, 1, gather)).isEqualTo(0x1_0000);
        assertThat(rig.tlb).isEmpty();
        assertThat(gather.freedTables()).hasSize(3);
        assertThat(rig.arena.live()).hasSize(4);
        table.freeGathered(gather);
        assertThat(rig.arena.live()).hasSize(1);
        assertThatThrownBy(() -> table.freeGathered(gather)).isInstanceOf(AssertionError.class);
    }

    @Test
    void tablesThatStillWaitGoWithTheRest() {
        PageTable table = table(WAITING);
        map(table, 0, 0x100, 16);
        table.unmap(0, 0x1_0000, 1, new IotlbGather());
        assertThat(rig.arena.live()).hasSize(3);
        table.destroy();
        assertThat(rig.arena.live()).isEmpty();
        assertThat(rig.warnings()).isEmpty();
    }

    @Test
    void withoutAGatherTablesDoNotWait() {
        PageTable table = table(WAITING);
        map(table, 0, 0x100, 16);
        table.unmap(0, 0x1_0000, 1, null);
        assertThat(rig.tlb).containsExactly("walk 0x0 0x10000 0x100");
        assertThat(rig.arena.live()).hasSize(1);
    }

    @Test
    void aWalkerThatDoesNotSnoopIsToldOfEveryDescriptor() {
        PageTable table = table(new ToyFormat(RunRule.ONE_TABLE, WalkCoherency.NON_COHERENT, FreedTables.AT_ONCE));
        map(table, 0, 0x100, 3);
        assertThat(rig.caches)
                .containsExactly(
                        "map 0x80000000 0x80",
                        "map 0x80000080 0x80",
                        "sync 0x80000000 0x8",
                        "map 0x80000100 0x80",
                        "sync 0x80000080 0x8",
                        "sync 0x80000100 0x18");
        rig.caches.clear();
        table.unmap(0, 0x100, 3, null);
        assertThat(rig.caches).containsExactly("sync 0x80000100 0x8", "sync 0x80000108 0x8", "sync 0x80000110 0x8");
        rig.caches.clear();
        table.destroy();
        assertThat(rig.caches)
                .containsExactly("unmap 0x80000100 0x80", "unmap 0x80000080 0x80", "unmap 0x80000000 0x80");
    }

    @Test
    void aTableThatTheWalkerCannotReachIsGivenBack() {
        CacheMaintenance refusing = new CacheMaintenance() {
            @Override
            public void map(long pa, long size) {
                if (pa != TableRig.ARENA) {
                    throw new IommuException(Errno.ENOMEM, "out of reach");
                }
            }

            @Override
            public void unmap(long pa, long size) {}

            @Override
            public void sync(long pa, long size) {}
        };
        PageTable table = PageTable.create(
                new ToyFormat(RunRule.ONE_TABLE, WalkCoherency.NON_COHERENT, FreedTables.AT_ONCE),
                rig.environment().caches(refusing).build());
        expectRefusal(Errno.ENOMEM, 0, () -> map(table, 0, 0x100, 1));
        assertThat(rig.arena.live()).hasSize(1);
    }

    @Test
    void aTableThatDoesNotFitInADescriptorIsGivenBack() {
        PageAllocator high = new PageAllocator() {
            @Override
            public long allocate(long size, long alignment) {
                return 1L << 40;
            }

            @Override
            public void free(long address, long size) {
                rig.tlb.add("freed");
            }
        };
        expectRefusal(
                Errno.ENOMEM,
                0,
                () -> PageTable.create(
                        ONE_TABLE,
                        PageTableEnvironment.builder(rig.memory, high)
                                .log(rig.log)
                                .build()));
        assertThat(rig.tlb).containsExactly("freed");
        assertThat(rig.log.drain()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void whoeverIsFasterPublishesTheTable(WalkCoherency coherency) {
        // The allocator is asked between the look at the descriptor and its publication.
        AtomicReference<@Nullable Runnable> meanwhile = new AtomicReference<>();
        PageAllocator slow = new PageAllocator() {
            @Override
            public long allocate(long size, long alignment) {
                Runnable somebodyElse = meanwhile.getAndSet(null);
                if (somebodyElse != null) {
                    somebodyElse.run();
                }
                return rig.allocate(size, alignment);
            }

            @Override
            public void free(long address, long size) {
                rig.free(address, size);
            }
        };
        PageTable table = PageTable.create(
                new ToyFormat(RunRule.ONE_TABLE, coherency, FreedTables.AT_ONCE),
                PageTableEnvironment.builder(rig.memory, slow)
                        .tlb(rig)
                        .caches(rig)
                        .log(rig.log)
                        .build());
        meanwhile.set(() -> map(table, 0x100, 0x100, 1));
        map(table, 0, 0x100, 1);
        assertThat(table.iovaToPhys(0x142)).isEqualTo(0x142);
        assertThat(table.iovaToPhys(0x42)).isEqualTo(0x42);
        meanwhile.set(() -> map(table, 0x1_0000, 0x1_0000, 1));
        expectRefusal(Errno.EEXIST, 1, () -> map(table, 0x1_1100, 0x100, 1));
        meanwhile.set(() -> table.unmap(0x1_2000, 0x1000, 1, null));
        assertThat(table.unmap(0x1_3000, 0x1000, 1, null)).isEqualTo(0x1000);
        assertThat(table.iovaToPhys(0x1_2000)).isZero();
        meanwhile.set(() -> table.unmap(0x2_0000, 0x1_0000, 1, null));
        map(table, 0x2_0000, 0x1_0000, 1);
        assertThat(table.unmap(0x2_3000, 0x1000, 1, null)).isZero();
        table.destroy();
        assertThat(rig.arena.live()).isEmpty();
    }

    @Test
    void anAddressBeyondTheInputIsNotTranslated() {
        PageTable table = table(ONE_TABLE);
        map(table, 0x100, 0x100, 1);
        assertThat(table.iovaToPhys(0x10_0100)).isZero();
        assertThat(table.iovaToPhys(-0x10_0000 + 0x100)).isZero();
    }

    @Test
    void aDestroyedTableIsNotUsed() {
        PageTable table = table(ONE_TABLE);
        map(table, 0, 0x100, 1);
        table.destroy();
        assertThat(rig.arena.live()).isEmpty();
        assertThatThrownBy(() -> map(table, 0, 0x100, 1)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> table.unmap(0, 0x100, 1, null)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(table::destroy).isInstanceOf(AssertionError.class).hasMessageContaining("0x80000000");
    }

    @Test
    void aFormatThatIsNotSoundIsRefused() {
        TableLevel lowest = ONE_TABLE.levels().get(0);
        TableLevel level = ONE_TABLE.levels().get(1);
        LeafLayout leaf = level.leaves().get(0);
        LeafLayout likeATable = new LeafLayout(leaf.sizeLg2(), new BitPattern(1, 1), leaf.address());
        TableLevel ambiguous = new TableLevel(4, 128, level.table(), 1, List.of(likeATable));
        assertThatThrownBy(() -> table(new Altered(ONE_TABLE, List.of(lowest, ambiguous))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("something else");
        TableLevel small = new TableLevel(4, 64, level.table(), 1, level.leaves());
        assertThatThrownBy(() -> table(new Altered(ONE_TABLE, List.of(lowest, small))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("128 bytes");
        assertThatThrownBy(() -> table(new Altered(ONE_TABLE, List.of()))).isInstanceOf(IllegalArgumentException.class);
    }

    /** A toy with other levels. */
    private record Altered(ToyFormat toy, List<TableLevel> levels) implements PageTableFormat {

        @Override
        public int wordBytes() {
            return toy.wordBytes();
        }

        @Override
        public int granuleLg2() {
            return toy.granuleLg2();
        }

        @Override
        public int inputBits() {
            return 16;
        }

        @Override
        public int outputBits() {
            return toy.outputBits();
        }

        @Override
        public PageSizes pageSizes() {
            return toy.pageSizes();
        }

        @Override
        public AddressField tableAddress() {
            return toy.tableAddress();
        }

        @Override
        public int tableAddressBits() {
            return toy.tableAddressBits();
        }

        @Override
        public WalkCoherency coherency() {
            return toy.coherency();
        }

        @Override
        public RunRule runRule() {
            return toy.runRule();
        }

        @Override
        public long attributes(Prot prot, LeafLayout leaf) {
            return toy.attributes(prot, leaf);
        }

        @Override
        public long narrowed(long descriptor, LeafLayout from, LeafLayout to) {
            return toy.narrowed(descriptor, from, to);
        }
    }

    @Test
    void anEnvironmentSaysWhatItWasGiven() {
        KernelLog log = new KernelLog(KernelLog.WarnPolicy.RECORD);
        PlainLocking locking = new PlainLocking();
        PageTableEnvironment environment = rig.environment()
                .log(log)
                .locking(locking)
                .erratum(PageTableErratum.LOOKUP_ALIASES)
                .build();
        assertThat(environment.memory()).isSameAs(rig.memory);
        assertThat(environment.allocator()).isSameAs(rig);
        assertThat(environment.tlb()).isSameAs(rig);
        assertThat(environment.caches()).isSameAs(rig);
        assertThat(environment.log()).isSameAs(log);
        assertThat(environment.locking()).isSameAs(locking);
        assertThat(environment.has(PageTableErratum.LOOKUP_ALIASES)).isTrue();
        assertThat(environment.has(PageTableErratum.RUN_END_UNCHECKED)).isFalse();
    }

    @Test
    void withoutTlbAndCachesEverythingWorksAsWell() {
        SparseMemory memory = new SparseMemory();
        PageTable table = PageTable.create(
                new ToyFormat(RunRule.PAGE_BY_PAGE, WalkCoherency.NON_COHERENT, FreedTables.AT_ONCE),
                PageTableEnvironment.builder(memory, rig.arena).build());
        map(table, 0, 0x100, 16);
        map(table, 0x1000, 0x400, 1);
        assertThat(table.unmap(0, 0x100, 2, null)).isEqualTo(0x200);
        assertThat(table.unmap(0x1000, 0x1000, 1, null)).isEqualTo(0x1000);
        table.destroy();
        assertThat(rig.arena.live()).isEmpty();
    }

    @Test
    void aRunOfInvalidationsIsItsPages() {
        List<String> pages = new ArrayList<>();
        TlbInvalidation single = new TlbInvalidation() {
            @Override
            public void flushAll() {}

            @Override
            public void flushWalk(long iova, long size, long granule) {}

            @Override
            public void addPage(@Nullable IotlbGather gather, long iova, long granule) {
                pages.add(TableRig.page(iova, granule));
            }
        };
        single.addPages(null, 0x1000, 0x100, 2);
        assertThat(pages).containsExactly("page 0x1000 0x100", "page 0x1100 0x100");
    }
}
