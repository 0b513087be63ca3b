package io.github.iommu4j.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.core.pagetable.PartialUnmap;
import io.github.iommu4j.testkit.conformance.TableRig.Outcome;
import io.github.iommu4j.testkit.conformance.TableRig.Pages;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * What every page table must do, whatever its format. The test class of a format extends this and hands in its {@link
 * PageTableSubject}:
 *
 * <pre>{@code
 * class MyTableTest extends PageTableConformance {
 *     @Override
 *     protected PageTableSubject subject() {
 *         return PageTableSubject.of(new MyFormat(), MyHardware::walk);
 *     }
 * }
 * }</pre>
 *
 * <p>Every test ends with a look at the whole table: each table is pointed to once, none is lost, every leaf is what was
 * mapped, and freeing the table leaves nothing.
 */
public abstract class PageTableConformance {

    /** Only for subclasses. */
    protected PageTableConformance() {}

    /**
     * The table under test.
     *
     * @return what the suite must know of it
     */
    protected abstract PageTableSubject subject();

    private List<Long> sizes() {
        try (TableRig rig = new TableRig(subject())) {
            return sizes(rig);
        }
    }

    private static List<Long> sizes(TableRig rig) {
        long bitmap = rig.format.pageSizes().bitmap();
        return LongStream.iterate(1L << 62, size -> size != 0, size -> size >>> 1)
                .filter(size -> (bitmap & size) != 0)
                .sorted()
                .boxed()
                .toList();
    }

    private static Pages one(TableRig rig, long page, long index) {
        return pages(rig, page, index, 1);
    }

    private static Pages pages(TableRig rig, long page, long index, long count) {
        TableSpace space = new TableSpace(rig);
        return new Pages(space.iova(page, index), space.pa(page, index, count), page, count, Prot.READ_WRITE);
    }

    @Test
    void anEmptyTableTranslatesNothing() {
        try (TableRig rig = new TableRig(subject())) {
            TableSpace space = new TableSpace(rig);
            for (long page : sizes(rig)) {
                rig.checkTranslation(space.iova(page, 0));
                rig.checkTranslation(space.iova(page, space.slots(page) - 1) + page - 1);
            }
        }
    }

    @Test
    void everySizeGoesWhereItIsMappedAndNowhereAfterwards() {
        for (long page : sizes()) {
            try (TableRig rig = new TableRig(subject())) {
                TableSpace space = new TableSpace(rig);
                for (long index : space.places(page)) {
                    Pages pages = one(rig, page, index);
                    rig.map(pages);
                    for (long at : space.around(pages)) {
                        rig.checkTranslation(at);
                    }
                    assertThat(rig.unmapOnce(pages.iova(), page, 1)).isEqualTo(page);
                    for (long at : space.around(pages)) {
                        rig.checkTranslation(at);
                    }
                }
                assertThat(rig.takeWarnings()).isZero();
            }
        }
    }

    @Test
    void theHighestOutputAddressIsReached() {
        try (TableRig rig = new TableRig(subject())) {
            TableSpace space = new TableSpace(rig);
            for (long page : sizes(rig)) {
                long pa = space.highestPa(page);
                Pages pages = new Pages(space.iova(page, 0), pa, page, 1, Prot.READ_WRITE);
                rig.map(pages);
                rig.checkTranslation(pages.iova() + page - 1);
                rig.unmap(pages.iova(), page, 1);
            }
        }
    }

    @Test
    void everyProtectionIsWhatHardwareFinds() {
        try (TableRig rig = new TableRig(subject())) {
            for (long page : sizes(rig)) {
                for (int bits = 1; bits < 64; bits++) {
                    if ((bits & 3) != 0) {
                        Pages plain = one(rig, page, 0);
                        rig.map(new Pages(plain.iova(), plain.pa(), page, 1, new Prot(bits)));
                        rig.checkTranslation(plain.iova());
                        rig.unmap(plain.iova(), page, 1);
                    }
                }
            }
        }
    }

    @Test
    void aLookUpBesideTheInputSpaceFindsNothing() {
        try (TableRig rig = new TableRig(subject())) {
            TableSpace space = new TableSpace(rig);
            long page = sizes(rig).get(0);
            rig.map(one(rig, page, 0));
            for (long beside : space.beside()) {
                assertThat(rig.table.iovaToPhys(beside))
                        .as("where 0x%x goes", beside)
                        .isZero();
            }
        }
    }

    @Test
    void whatIsMappedIsRefusedWithEexistAndStays() {
        try (TableRig rig = new TableRig(subject())) {
            for (long page : sizes(rig)) {
                Pages first = one(rig, page, 0);
                rig.map(first);
                for (long other : sizes(rig)) {
                    if (other <= page) {
                        Pages second =
                                new Pages(first.iova(), one(rig, other, 1).pa(), other, 1, Prot.READ);
                        assertThat(rig.mapOnce(second)).as("%s", second).isEqualTo(new Outcome(Errno.EEXIST, 0));
                        assertThat(rig.takeWarnings()).isEqualTo(1);
                    }
                }
                rig.checkTranslation(first.iova());
                rig.unmap(first.iova(), page, 1);
            }
        }
    }

    @Test
    void aRunEndsAtWhatIsMapped() {
        try (TableRig rig = new TableRig(subject())) {
            for (long page : sizes(rig)) {
                if (new TableSpace(rig).slots(page) >= 4) {
                    rig.map(one(rig, page, 2));
                    Outcome outcome = rig.mapOnce(pages(rig, page, 0, 4));
                    assertThat(outcome.errno()).isEqualTo(Errno.EEXIST);
                    assertThat(outcome.mapped()).isIn(0L, 2 * page);
                    assertThat(rig.takeWarnings()).isEqualTo(1);
                    rig.check();
                    if (outcome.mapped() != 0) {
                        rig.unmap(new TableSpace(rig).iova(page, 0), page, 2);
                    }
                    rig.unmap(new TableSpace(rig).iova(page, 2), page, 1);
                }
            }
        }
    }

    @Test
    void aLargerLeafReplacesTheTablesUnderIt() {
        try (TableRig rig = new TableRig(subject())) {
            TableSpace space = new TableSpace(rig);
            for (long page : sizes(rig)) {
                for (long larger : sizes(rig)) {
                    if (rig.shape.levelOf(larger) > rig.shape.levelOf(page)) {
                        rig.map(one(rig, page, 0));
                        rig.map(one(rig, larger, 0));
                        rig.checkTranslation(space.iova(larger, 0) + larger - 1);
                        rig.unmap(space.iova(larger, 0), larger, 1);
                    }
                }
            }
            assertThat(rig.takeWarnings()).isZero();
        }
    }

    @Test
    void whatFitsNoRuleIsRefused() {
        try (TableRig rig = new TableRig(subject())) {
            TableSpace space = new TableSpace(rig);
            for (long page : sizes(rig)) {
                Pages right = one(rig, page, 0);
                requireRefused(rig, new Pages(right.iova() + page / 2, right.pa(), page, 1, right.prot()));
                requireRefused(rig, new Pages(right.iova(), right.pa() + page / 2, page, 1, right.prot()));
                requireRefused(rig, new Pages(right.iova(), right.pa(), page, 1, Prot.NOEXEC));
                for (long beside : space.besideAligned(page)) {
                    assertThat(rig.mapOnce(new Pages(beside, right.pa(), page, 1, right.prot())))
                            .isEqualTo(new Outcome(Errno.ERANGE, 0));
                    assertThat(rig.unmapOnce(beside, page, 1)).isZero();
                }
                for (long pa : space.beyondOutput(page)) {
                    assertThat(rig.mapOnce(new Pages(right.iova(), pa, page, 1, right.prot())))
                            .isEqualTo(new Outcome(Errno.ERANGE, 0));
                }
            }
            long none = Long.lowestOneBit(~rig.format.pageSizes().bitmap() & -0x1000);
            requireRefused(rig, new Pages(space.iova(none, 0), 0, none, 1, Prot.READ));
            assertThat(rig.unmapOnce(space.iova(none, 0), none, 1)).isZero();
            assertThat(rig.arena.live()).hasSize(1);
        }
    }

    @Test
    void aRunThatPassesTheEndStaysWithinTheSpaces() {
        for (long page : sizes()) {
            try (TableRig rig = new TableRig(subject())) {
                TableSpace space = new TableSpace(rig);
                long last = space.iova(page, space.slots(page) - 1);
                if (space.outputSlots(page) >= 2) {
                    // Refused, or cut at the end of the last table.
                    assertThat(rig.mapOnce(new Pages(last, 0, page, 2, Prot.READ_WRITE)))
                            .isIn(new Outcome(Errno.ERANGE, 0), new Outcome(null, page));
                    if (space.slots(page) > 1) {
                        rig.checkTranslation(space.iova(page, 0));
                    }
                }
                if (space.slots(page) > 2) {
                    Pages run = new Pages(space.iova(page, 0), space.highestPa(page), page, 2, Prot.READ_WRITE);
                    assertThat(rig.mapOnce(run)).isEqualTo(new Outcome(Errno.ERANGE, 0));
                }
            }
        }
    }

    private static void requireRefused(TableRig rig, Pages pages) {
        assertThat(rig.mapOnce(pages)).as("%s", pages).isEqualTo(new Outcome(Errno.EINVAL, 0));
    }

    @Test
    void aRunReadsLikeItsPages() {
        for (long page : sizes()) {
            try (TableRig rig = new TableRig(subject())) {
                TableSpace space = new TableSpace(rig);
                long count = Math.min(space.slots(page), 2 * rig.shape.entries(rig.shape.levelOf(page)) + 3);
                count = Math.min(count, space.outputSlots(page));
                Pages run = pages(rig, page, 0, count);
                rig.map(run);
                for (long at : space.around(run)) {
                    rig.checkTranslation(at);
                }
                rig.check();
                rig.unmap(run.iova(), page, count);
                for (long at : space.around(run)) {
                    rig.checkTranslation(at);
                }
                assertThat(rig.takeWarnings()).isZero();
            }
        }
    }

    @Test
    void unmappingEndsAtAHoleWithAWarning() {
        for (long page : sizes()) {
            try (TableRig rig = new TableRig(subject())) {
                TableSpace space = new TableSpace(rig);
                assertThat(rig.unmapOnce(space.iova(page, 0), page, 1)).isZero();
                assertThat(rig.takeWarnings()).isEqualTo(1);
                if (space.slots(page) >= 4 && space.outputSlots(page) >= 4) {
                    rig.map(pages(rig, page, 0, 2));
                    rig.map(one(rig, page, 3));
                    assertThat(rig.unmapOnce(space.iova(page, 0), page, 4)).isEqualTo(2 * page);
                    assertThat(rig.takeWarnings()).isEqualTo(1);
                    rig.checkTranslation(space.iova(page, 3));
                }
            }
        }
    }

    @Test
    void aPartOfALeafIsUnmappedAlone() {
        for (long page : sizes()) {
            for (long part : sizes()) {
                if (part < page) {
                    for (long index : new long[] {0, 1, page / part - 1}) {
                        requirePartUnmapped(page, part, index);
                    }
                }
            }
        }
    }

    private void requirePartUnmapped(long page, long part, long index) {
        try (TableRig rig = new TableRig(subject())) {
            TableSpace space = new TableSpace(rig);
            Pages pages = one(rig, page, 0);
            rig.map(pages);
            long iova = pages.iova() + index * part;
            assertThat(rig.unmapOnce(iova, part, 1))
                    .as("0x%x of 0x%x", part, page)
                    .isEqualTo(part);
            for (long at : space.around(pages)) {
                rig.checkTranslation(at);
            }
            rig.checkTranslation(iova);
            rig.checkTranslation(iova + part - 1);
            assertThat(rig.takeWarnings()).isZero();
            rig.map(new Pages(iova, pages.pa(), part, 1, Prot.READ));
            rig.checkTranslation(iova);
            rig.check();
            assertThat(rig.unmapOnce(pages.iova(), page, 1)).isEqualTo(page);
        }
    }

    @Test
    void whereSplittingIsForbiddenALeafStaysWhole() {
        for (long page : sizes()) {
            try (TableRig rig = new TableRig(subject(), PartialUnmap.REFUSED)) {
                Pages pages = one(rig, page, 0);
                rig.map(pages);
                for (long part : sizes(rig)) {
                    if (part < page) {
                        assertThat(rig.unmapOnce(pages.iova(), part, 1)).isZero();
                        assertThat(rig.takeWarnings()).isEqualTo(1);
                        rig.checkTranslation(pages.iova());
                    }
                }
            }
        }
    }

    @Test
    void aPageTakesEverythingUnderIt() {
        for (long page : sizes()) {
            for (long larger : sizes()) {
                try (TableRig rig = new TableRig(subject())) {
                    TableSpace space = new TableSpace(rig);
                    if (isTableSized(rig, page, larger)) {
                        rig.map(one(rig, page, 0));
                        rig.map(one(rig, page, larger / page - 1));
                        assertThat(rig.unmapOnce(space.iova(larger, 0), larger, 1))
                                .isEqualTo(larger);
                        rig.checkTranslation(space.iova(page, 0));
                        rig.checkTranslation(space.iova(page, larger / page - 1));
                    }
                }
            }
        }
    }

    @Test
    void tablesWaitForTheSyncWhereTheFormatSaysSo() {
        for (long page : sizes()) {
            for (long larger : sizes()) {
                try (TableRig rig = new TableRig(subject())) {
                    if (isTableSized(rig, page, larger)) {
                        requireTablesFreed(rig, page, larger);
                    }
                }
            }
        }
    }

    private static void requireTablesFreed(TableRig rig, long page, long larger) {
        rig.map(one(rig, page, 0));
        int tables = rig.arena.live().size();
        IotlbGather gather = new IotlbGather();
        long iova = new TableSpace(rig).iova(larger, 0);
        assertThat(rig.unmapOnce(iova, larger, 1, gather)).isEqualTo(larger);
        if (!rig.tablesWait()) {
            assertThat(gather.freedTables()).isEmpty();
            return;
        }
        assertThat(gather.freedTables()).hasSize(rig.shape.levelOf(larger) - rig.shape.levelOf(page));
        assertThat(rig.arena.live()).hasSize(tables);
        rig.checkTranslation(iova);
        // What a driver does to sync the gather.
        rig.tlb.flushWalk(iova, larger, page);
        rig.table.freeGathered(gather);
        rig.check();
        assertThatThrownBy(() -> rig.table.freeGathered(gather)).isInstanceOf(AssertionError.class);
    }

    /** Whether a larger page is one descriptor in a higher level. */
    private static boolean isTableSized(TableRig rig, long page, long larger) {
        int level = rig.shape.levelOf(larger);
        return level > rig.shape.levelOf(page) && larger == 1L << rig.shape.spanLg2(level);
    }

    @Test
    void theGatherIsHandedOnAndAQueuedOneIsLeftAlone() {
        try (TableRig rig = new TableRig(subject())) {
            for (long page : sizes(rig)) {
                Pages pages = one(rig, page, 0);
                rig.map(pages);
                IotlbGather gather = new IotlbGather();
                assertThat(rig.unmapOnce(pages.iova(), page, 1, gather)).isEqualTo(page);
                assertThat(rig.tlb.takeCalls()).isNotEmpty().allMatch(call -> call.gather() == gather);
                rig.map(pages);
                assertThat(rig.unmapOnce(pages.iova(), page, 1, IotlbGather.queued()))
                        .isEqualTo(page);
                assertThat(rig.tlb.takeCalls()).isEmpty();
                rig.tlb.flushAll();
                rig.tlb.takeCalls();
            }
        }
    }

    @Test
    void runningOutOfTablesLeavesWhatWasThere() {
        for (long page : sizes()) {
            int tables = requireOutOfTables(page, 1);
            for (int n = 2; n <= tables; n++) {
                requireOutOfTables(page, n);
            }
        }
    }

    /** Refuses the n-th table that mapping a page takes, and maps it then; gives how many tables it takes at least. */
    private int requireOutOfTables(long page, int n) {
        try (TableRig rig = new TableRig(subject())) {
            TableSpace space = new TableSpace(rig);
            int tables = rig.shape.top() - rig.shape.levelOf(page);
            Pages pages = one(rig, page, space.slots(page) - 1);
            if (tables != 0) {
                rig.failAllocation(n);
                assertThat(rig.mapOnce(pages)).as("table %d of %s", n, pages).isEqualTo(new Outcome(Errno.ENOMEM, 0));
                rig.checkTranslation(pages.iova());
                rig.check();
            }
            rig.map(pages);
            rig.checkTranslation(pages.iova());
            return tables;
        }
    }

    @Test
    void splittingWithoutMemoryUnmapsNothing() {
        for (long page : sizes()) {
            try (TableRig rig = new TableRig(subject())) {
                long part = sizes(rig).get(0);
                Pages pages = one(rig, page, 0);
                rig.map(pages);
                if (rig.shape.levelOf(page) > rig.shape.levelOf(part)) {
                    rig.failAllocation(1);
                    assertThat(rig.unmapOnce(pages.iova(), part, 1)).isZero();
                    rig.checkTranslation(pages.iova());
                    rig.checkTranslation(pages.iova() + page - 1);
                }
            }
        }
    }

    @Test
    void freeingInvalidatesEverythingFirstAndHappensOnce() {
        try (TableRig rig = new TableRig(subject())) {
            for (long page : sizes(rig)) {
                TableSpace space = new TableSpace(rig);
                long index = space.slots(page) - 1;
                if (!rig.expected.isAnyMapped(space.iova(page, index), page)) {
                    rig.map(one(rig, page, index));
                }
            }
            rig.destroy();
            assertThatThrownBy(rig.table::destroy).isInstanceOf(AssertionError.class);
        }
    }

    @Test
    void randomCallsAgreeWithPlainTranslations() {
        for (long seed = 0; seed < RandomCalls.ROUNDS; seed++) {
            try (TableRig rig = new TableRig(subject())) {
                new RandomCalls(rig, seed).run();
            }
        }
    }

    @Test
    void threadsWithRangesOfTheirOwnDoNotDisturbEachOther() throws InterruptedException {
        for (long seed = 0; seed < ParallelCalls.ROUNDS; seed++) {
            try (TableRig rig = new TableRig(subject())) {
                new ParallelCalls(rig, seed).run();
            }
        }
    }
}
