package io.github.iommu4j.core.pagetable.intel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import io.github.iommu4j.core.pagetable.RunRule;
import io.github.iommu4j.core.pagetable.TlbInvalidation;
import io.github.iommu4j.core.pagetable.WalkCoherency;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Intel's tables as Linux uses them: whole ranges, with the largest leaves that fit. */
class IntelTableTest {

    private static final long PAGE = 0x1000;
    private static final long LARGE = 0x20_0000;
    private static final long HUGE = 0x4000_0000;
    private static final long ROOT = 0x8000_0000L;

    private final SparseMemory memory = new SparseMemory();
    private final ArenaAllocator arena = new ArenaAllocator(memory, ROOT, 1 << 26, new PlainLocking());
    private final KernelLog log = new KernelLog(KernelLog.WarnPolicy.RECORD);
    private final List<String> tlb = new ArrayList<>();
    private int untilFailure;

    private PageTableEnvironment.Builder environment() {
        PageAllocator failing = new PageAllocator() {
            @Override
            public long allocate(long size, long alignment) {
                if (untilFailure > 0 && --untilFailure == 0) {
                    throw new IommuException(Errno.ENOMEM, "this allocation is refused");
                }
                return arena.allocate(size, alignment);
            }

            @Override
            public void free(long address, long size) {
                arena.free(address, size);
            }
        };
        return PageTableEnvironment.builder(memory, failing).log(log).tlb(new TlbInvalidation() {
            @Override
            public void flushAll() {
                tlb.add("all");
            }

            @Override
            public void flushWalk(long iova, long size, long granule) {
                tlb.add(String.format("walk %x %x", iova, size));
            }

            @Override
            public void addPage(@Nullable IotlbGather gather, long iova, long size) {
                tlb.add(String.format("page %x %x", iova, size));
            }
        });
    }

    private IntelTable table(IntelTableConfig config) {
        return IntelTable.create(config, environment().build());
    }

    private IntelTable secondStage() {
        return table(IntelTableConfig.of(IntelStage.SECOND, 48).withLargePages(3));
    }

    private static long map(IntelTable table, long iova, long pa, long size) {
        MapProgress progress = new MapProgress();
        table.map(iova, pa, PAGE, size / PAGE, Prot.READ_WRITE, progress);
        return progress.mapped();
    }

    private static Errno refusal(Runnable call) {
        try {
            call.run();
        } catch (IommuException refused) {
            return refused.errno();
        }
        throw new AssertionError("not refused");
    }

    private static List<String> leaves(IntelTable table) {
        List<String> leaves = new ArrayList<>();
        table.pageTable()
                .forEachLeaf(
                        (iova, span, descriptor, pa) -> leaves.add(String.format("%x+%x=%x", iova, span, descriptor)));
        return leaves;
    }

    @Test
    void descriptorsAreThoseOfTheCaptures() {
        IntelTable second = table(IntelTableConfig.of(IntelStage.SECOND, 48).withSnoop(SnoopControl.FORCED));
        second.map(PAGE, 0x1_0000_1000L, PAGE, 1, Prot.READ, new MapProgress());
        second.map(2 * PAGE, 0x1_0000_2000L, PAGE, 1, Prot.WRITE, new MapProgress());
        assertThat(leaves(second)).containsExactly("1000+1000=100001801", "2000+1000=100002803");
        IntelTable first = table(IntelTableConfig.of(IntelStage.FIRST, 48).withLargePages(1));
        first.map(PAGE, 0x1_0000_2000L, PAGE, 1, Prot.READ_WRITE, new MapProgress());
        first.map(LARGE, LARGE, LARGE, 1, Prot.READ, new MapProgress());
        assertThat(leaves(first)).containsExactly("1000+1000=8000000100002067", "200000+200000=80000000002000a5");
        IntelTable later = table(IntelTableConfig.of(IntelStage.FIRST, 48).withExecute(ExecuteDisable.CLEAR));
        later.map(PAGE, 0x420_5000L, PAGE, 1, Prot.READ_WRITE, new MapProgress());
        assertThat(leaves(later)).containsExactly("1000+1000=4205067");
    }

    @Test
    void aRangeIsMappedWithTheLargestLeavesThatFit() {
        IntelTable table = secondStage();
        assertThat(map(table, HUGE - PAGE, 2 * HUGE - PAGE, HUGE + LARGE + 2 * PAGE))
                .isEqualTo(HUGE + LARGE + 2 * PAGE);
        assertThat(leaves(table))
                .containsExactly(
                        "3ffff000+1000=7ffff003",
                        "40000000+40000000=80000083",
                        "80000000+200000=c0000083",
                        "80200000+1000=c0200003");
        assertThat(table.highestMapped()).isEqualTo(0x8020_1000L);
    }

    @Test
    void aSizeWithoutALeafIsMappedWithSmallerOnes() {
        IntelTable table = table(IntelTableConfig.of(IntelStage.SECOND, 39).withLargePages(1));
        MapProgress progress = new MapProgress();
        table.map(HUGE, HUGE, HUGE, 1, Prot.READ_WRITE, progress);
        assertThat(progress.mapped()).isEqualTo(HUGE);
        assertThat(leaves(table)).hasSize(512);
    }

    @Test
    void whatIsInTheWayOfPagesStaysWithAWarningEach() {
        IntelTable table = secondStage();
        map(table, PAGE, 0x5000, PAGE);
        assertThat(map(table, 0, 0x1_0000, 3 * PAGE)).isEqualTo(3 * PAGE);
        assertThat(log.drain()).hasSize(1);
        assertThat(table.pageTable().iovaToPhys(PAGE)).isEqualTo(0x5000);
        assertThat(table.pageTable().iovaToPhys(2 * PAGE)).isEqualTo(0x1_2000);
    }

    @Test
    void aPageInALargerLeafIsRefusedAndTheLeafStays() {
        IntelTable table = secondStage();
        map(table, 0, LARGE, LARGE);
        assertThat(refusal(() -> map(table, PAGE, 0x5000, PAGE))).isEqualTo(Errno.EEXIST);
        assertThat(leaves(table)).containsExactly("0+200000=200083");
    }

    @Test
    void aLargerLeafTakesThePlaceOfWhatWasThereOnceThatIsInvalidated() {
        IntelTable table = secondStage();
        map(table, 0, PAGE, 3 * PAGE);
        map(table, LARGE, LARGE, LARGE);
        tlb.clear();
        map(table, 0, LARGE * 4, LARGE * 2);
        assertThat(tlb).containsExactly("walk 0 200000", "walk 200000 200000");
        map(table, 0, HUGE, HUGE);
        assertThat(leaves(table)).containsExactly("0+40000000=40000083");
        assertThat(arena.live()).hasSize(2);
        table.pageTable().destroy();
        assertThat(arena.live()).isEmpty();
    }

    @Test
    void unmappingTakesTheLeafItBeginsWithAndPassesOverHoles() {
        IntelTable table = secondStage();
        map(table, LARGE, LARGE, LARGE);
        IotlbGather gather = new IotlbGather();
        assertThat(table.unmap(LARGE, PAGE, 1, gather)).isEqualTo(LARGE);
        map(table, 0, PAGE, PAGE);
        map(table, 5 * PAGE, PAGE, PAGE);
        assertThat(table.unmap(0, PAGE, 8, gather)).isEqualTo(8 * PAGE);
        assertThat(leaves(table)).isEmpty();
        assertThat(table.unmap(0, PAGE, 1, gather)).isZero();
        assertThat(table.unmap(1L << 48, PAGE, 1, gather)).isZero();
        assertThat(log.drain()).isEmpty();
    }

    @Test
    void aPartOfALargerLeafIsNotUnmapped() {
        IntelTable table = secondStage();
        map(table, 0, PAGE, PAGE);
        map(table, LARGE, LARGE, LARGE);
        assertThat(table.unmap(LARGE + PAGE, PAGE, 1, new IotlbGather())).isZero();
        assertThat(table.unmap(0, PAGE, 513, new IotlbGather())).isEqualTo(LARGE);
        assertThat(log.drain()).hasSize(2);
        assertThat(leaves(table)).containsExactly("200000+200000=200083");
    }

    @Test
    void tablesThatGoWaitInTheGatherHigherOnesFirst() {
        IntelTable table = secondStage();
        map(table, 0, PAGE, PAGE);
        map(table, HUGE, HUGE + PAGE, LARGE);
        IotlbGather gather = new IotlbGather();
        assertThat(table.unmap(0, HUGE, 2, gather)).isEqualTo(2 * HUGE);
        assertThat(gather.freedTables()).containsExactly(ROOT + 0x2000, ROOT + 0x3000, ROOT + 0x4000, ROOT + 0x5000);
        assertThat(arena.live()).hasSize(6);
        table.pageTable().freeGathered(gather);
        assertThat(arena.live()).hasSize(2);
        tlb.clear();
        map(table, 0, PAGE, PAGE);
        assertThat(table.unmap(0, LARGE, 1, null)).isEqualTo(LARGE);
        assertThat(arena.live()).hasSize(3);
        assertThat(tlb).containsExactly("page 0 200000");
    }

    @Test
    void whatFitsNoRuleIsRefusedInLinuxsOrderWithoutWarning() {
        IntelTable table = secondStage();
        assertThat(refusal(() -> table.map(0, 0, 0x1_0000, 1, Prot.READ, new MapProgress())))
                .isEqualTo(Errno.EINVAL);
        assertThat(refusal(() -> table.map(PAGE, 0, LARGE, 1, Prot.READ, new MapProgress())))
                .isEqualTo(Errno.EINVAL);
        assertThat(refusal(() -> table.map(1L << 48, 0, PAGE, 1, Prot.NOEXEC, new MapProgress())))
                .isEqualTo(Errno.EFAULT);
        assertThat(table.highestMapped()).isZero();
        assertThat(refusal(() -> table.map(PAGE, 0, PAGE, 1, Prot.NOEXEC, new MapProgress())))
                .isEqualTo(Errno.EINVAL);
        assertThat(table.highestMapped())
                .as("also of a call that is refused then")
                .isEqualTo(2 * PAGE);
        assertThat(refusal(() -> table.map(0, 0, PAGE, 0, Prot.READ, new MapProgress())))
                .isEqualTo(Errno.EINVAL);
        assertThat(log.drain()).allSatisfy(line -> assertThat(line.text()).doesNotContain("WARNING"));
        assertThat(table.unmap(PAGE / 2, PAGE, 1, null)).isZero();
        assertThat(table.unmap(0, 0x1_0000, 1, null)).isZero();
        assertThat(log.drain()).hasSize(2);
        table.pageTable().destroy();
        assertThatThrownBy(() -> map(table, 0, 0, PAGE)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> table.unmap(0, PAGE, 1, null)).isInstanceOf(AssertionError.class);
    }

    @Test
    void withoutMemoryThePagesBeforeAreCounted() {
        IntelTable table = secondStage();
        untilFailure = 4;
        MapProgress progress = new MapProgress();
        assertThat(refusal(() -> table.map(LARGE - 2 * PAGE, 0, PAGE, 4, Prot.READ, progress)))
                .isEqualTo(Errno.ENOMEM);
        assertThat(progress.mapped()).isEqualTo(2 * PAGE);
        IntelTable asItWas = IntelTable.create(
                table.config(),
                environment()
                        .erratum(PageTableErratum.FAILED_RANGE_COUNTS_NOTHING)
                        .build());
        untilFailure = 4;
        MapProgress nothing = new MapProgress();
        assertThat(refusal(() -> asItWas.map(LARGE - 2 * PAGE, 0, PAGE, 4, Prot.READ, nothing)))
                .isEqualTo(Errno.ENOMEM);
        assertThat(nothing.mapped()).isZero();
        assertThat(asItWas.pageTable().iovaToPhys(LARGE - PAGE)).isEqualTo(PAGE);
        assertThat(map(asItWas, HUGE, HUGE, 3 * PAGE)).isEqualTo(3 * PAGE);
    }

    @Test
    void aMixedGigabyteLosesTablesOnlyAsItWas() {
        for (boolean asItWas : new boolean[] {false, true}) {
            PageTableEnvironment.Builder environment = environment();
            if (asItWas) {
                environment.erratum(PageTableErratum.REPLACED_MIX_LOSES_TABLES);
            }
            IntelTable table = IntelTable.create(
                    IntelTableConfig.of(IntelStage.SECOND, 48).withLargePages(3), environment.build());
            map(table, 0, PAGE, PAGE);
            map(table, LARGE, LARGE, LARGE);
            map(table, 2 * LARGE, PAGE, PAGE);
            map(table, 0, HUGE, HUGE);
            table.pageTable().destroy();
            assertThat(arena.live()).hasSize(asItWas ? 1 : 0);
        }
    }

    @Test
    void unmappingNothingRoundsOnlyAsItWas() {
        IntelTable asItWas = IntelTable.create(
                IntelTableConfig.of(IntelStage.SECOND, 48),
                environment().erratum(PageTableErratum.UNMAP_OF_NOTHING_ROUNDS).build());
        assertThat(asItWas.unmap(5 * HUGE, PAGE, 1, null)).isEqualTo(1L << 39);
        map(asItWas, HUGE, PAGE, PAGE);
        assertThat(asItWas.unmap(0x3E00_0000L, PAGE, 1, null)).isEqualTo(HUGE);
        assertThat(leaves(asItWas)).isEmpty();
        assertThatThrownBy(() -> asItWas.unmap(1L << 48, PAGE, 1, null)).hasMessageContaining("kernel BUG");
    }

    @Test
    void onlyWidthsThatThereAreCanBeAskedFor() {
        assertThatThrownBy(() -> IntelTableConfig.of(IntelStage.FIRST, 39))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> IntelTableConfig.of(IntelStage.SECOND, 40))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> IntelTableConfig.of(IntelStage.SECOND, 48).withLargePages(4))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(IntelTableConfig.of(IntelStage.SECOND, 57).levels()).isEqualTo(5);
        assertThat(IntelTableConfig.of(IntelStage.SECOND, 39).widthCode()).isEqualTo(1);
        IntelTable pageByPage = table(IntelTableConfig.of(IntelStage.SECOND, 48).withRunRule(RunRule.PAGE_BY_PAGE));
        assertThat(pageByPage.pageTable().format().pageSizes().bitmap()).isEqualTo(PAGE);
    }

    @Test
    void descriptorsThatPointNowhereBreakNothing() {
        SparseMemory small = SparseMemory.empty();
        small.addRam(ROOT, 1 << 20);
        ArenaAllocator allocator = new ArenaAllocator(small, ROOT, 1 << 20, new PlainLocking());
        IntelTable table = IntelTable.create(
                IntelTableConfig.of(IntelStage.SECOND, 48),
                PageTableEnvironment.builder(small, allocator).log(log).build());
        small.store64(table.pageTable().root(), 0x7000_0000_0003L);
        assertThat(refusal(() -> map(table, 0, 0, PAGE))).isEqualTo(Errno.EFAULT);
        assertThat(table.unmap(0, PAGE, 1, null)).isZero();
        assertThat(table.pageTable().iovaToPhys(0)).isZero();
    }

    /** Any calls, against pages in a map. */
    @Property(tries = 150)
    void anyCallsAgreeWithPlainPages(@ForAll long seed, @ForAll boolean coherent) {
        Random random = new Random(seed);
        IntelTable table = table(IntelTableConfig.of(IntelStage.SECOND, 39)
                .withLargePages(1)
                .withCoherency(coherent ? WalkCoherency.COHERENT : WalkCoherency.NON_COHERENT));
        TreeMap<Long, Long> pages = new TreeMap<>();
        for (int call = 0; call < 60; call++) {
            long iova = PAGE * random.nextInt(2048);
            long count = random.nextInt(4) == 0 ? 512L * (1 + random.nextInt(2)) : 1 + random.nextInt(6);
            boolean isLarge = random.nextInt(3) == 0;
            long start = isLarge ? iova & -LARGE : iova;
            if (random.nextBoolean()) {
                mapBoth(table, pages, start, HUGE + start + (random.nextBoolean() ? 0 : PAGE), count);
            } else if (isFree(pages, start, count) || isWhole(table, start, count)) {
                IotlbGather gather = new IotlbGather();
                long unmapped = table.unmap(start, PAGE, count, gather);
                assertThat(unmapped == 0).isEqualTo(!pages.containsKey(start));
                pages.subMap(start, start + unmapped).clear();
                table.pageTable().freeGathered(gather);
            }
            long probe = PAGE * random.nextInt(3072);
            assertThat(table.pageTable().iovaToPhys(probe)).isEqualTo(pages.getOrDefault(probe, 0L));
        }
        log.drain();
        table.pageTable().destroy();
        assertThat(arena.live()).isEmpty();
        assertThat(log.drain()).isEmpty();
    }

    private static boolean isFree(NavigableMap<Long, Long> pages, long start, long count) {
        return pages.subMap(start, start + count * PAGE).isEmpty();
    }

    /** Whether there is a larger leaf in a range. */
    private static boolean hasLarge(IntelTable table, long start, long end) {
        boolean[] found = new boolean[1];
        table.pageTable()
                .forEachLeaf(
                        (iova, span, descriptor, pa) -> found[0] |= span == LARGE && iova < end && iova + span > start);
        return found[0];
    }

    /** Whether a range cuts no larger leaf. */
    private static boolean isWhole(IntelTable table, long start, long count) {
        boolean[] whole = {true};
        long end = start + count * PAGE;
        table.pageTable().forEachLeaf((iova, span, descriptor, pa) -> {
            boolean overlaps = iova < end && iova + span > start;
            whole[0] &= !overlaps || iova >= start && iova + span <= end;
        });
        return whole[0];
    }

    private static void mapBoth(IntelTable table, Map<Long, Long> pages, long start, long pa, long count) {
        boolean aligned = ((start | pa) & LARGE - 1) == 0;
        long large = aligned ? (count & -512) * PAGE : 0;
        if (!isWhole(table, start, count) || hasLarge(table, start + large, start + count * PAGE)) {
            return;
        }
        map(table, start, pa, count * PAGE);
        for (long done = 0; done < count; ) {
            long at = start + done * PAGE;
            boolean isLarge = ((at | pa + done * PAGE) & LARGE - 1) == 0 && count - done >= 512;
            long step = isLarge ? 512 : 1;
            for (long i = 0; i < step; i++) {
                long page = at + i * PAGE;
                long target = pa + (done + i) * PAGE;
                if (isLarge) {
                    pages.put(page, target);
                } else {
                    pages.putIfAbsent(page, target);
                }
            }
            done += step;
        }
    }
}
