package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.EventType;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** IHI 0070 §3.13, Arm ARM D8.5: access flag and dirty state are kept by the SMMU, in memory. */
class TableUpdateTest {

    private static final long VA = 0x5000;
    private static final long PA = 0x8000_0000L;
    private static final long DBM = 1L << 51;
    private static final long CONTIGUOUS = 1L << 52;
    private static final long AF = 1L << 10;
    private static final long READ_ONLY = 1L << 7;
    /** AF, nG, AP=11 (read-only), DBM: clean. */
    private static final long CLEAN = PA | DBM | 0xCC3;

    private final Guest guest = Guest.cached();
    private final long root = guest.table();
    private long slot;

    private Words context(int flag, int dirty) {
        return Words.context(root).set(0, ContextDescriptor.HA, flag).set(0, ContextDescriptor.HD, dirty);
    }

    private void mapped(Words cd, long descriptor) {
        guest.stage1(cd);
        guest.map(root, 1, VA, descriptor);
        slot = slotOf(VA);
    }

    /** Where the last descriptor of a 4 KiB table of three levels stands. */
    private long slotOf(long address) {
        long level2 = guest.memory.load64(root + (address >>> 30 & 511) * 8) & 0xFFFF_FFFF_F000L;
        long level3 = guest.memory.load64(level2 + (address >>> 21 & 511) * 8) & 0xFFFF_FFFF_F000L;
        return level3 + (address >>> 12 & 511) * 8;
    }

    private static int permissions(Translation answer) {
        return ((Translation.Ok) answer).permissions();
    }

    @ParameterizedTest
    @CsvSource({"0, 0, false", "1, 0, true", "1, 1, true", "0, 1, false"})
    void haSetsTheAccessFlagOfStage1(int flag, int dirty, boolean sets) {
        mapped(context(flag, dirty), PA | 0x843);
        if (sets) {
            guest.expectPa(VA, PA);
            assertThat(guest.memory.load64(slot)).isEqualTo(PA | 0xC43);
        } else {
            guest.fault(VA, EventType.F_ACCESS);
            assertThat(guest.memory.load64(slot)).isEqualTo(PA | 0x843);
        }
    }

    @Test
    void affdIsIgnoredWithHa() {
        mapped(context(1, 0).set(0, ContextDescriptor.AFFD, 1), PA | 0x843);
        guest.expectPa(VA, PA);
        assertThat(guest.memory.load64(slot) & AF).isNotZero();
    }

    @Test
    void withoutHaAffdLeavesTheFlagAlone() {
        mapped(context(0, 0).set(0, ContextDescriptor.AFFD, 1), PA | 0x843);
        guest.expectPa(VA, PA);
        assertThat(guest.memory.load64(slot) & AF).isZero();
    }

    /** Pitfalls 52 and 53. */
    @ParameterizedTest
    @CsvSource({"1, 1, true", "0, 1, false", "1, 0, false", "0, 0, false"})
    void aWriteMakesACleanPageDirty(int flag, int dirty, boolean allowed) {
        mapped(context(flag, dirty), 0x0008_0000_8000_07C3L);
        if (allowed) {
            assertThat(permissions(guest.write(VA)) & 2).isEqualTo(2);
            assertThat(guest.memory.load64(slot)).isEqualTo(0x0008_0000_8000_0743L);
        } else {
            guest.fault(DmaRequest.write(Guest.STREAM, VA), EventType.F_PERMISSION);
            assertThat(guest.memory.load64(slot)).isEqualTo(0x0008_0000_8000_07C3L);
        }
    }

    @Test
    void oneUpdateSetsTheFlagAndMakesDirty() {
        mapped(context(1, 1), CLEAN & ~AF);
        guest.write(VA);
        assertThat(guest.memory.load64(slot)).isEqualTo(CLEAN & ~READ_ONLY);
    }

    @Test
    void anAtomicIsAWrite() {
        mapped(context(1, 1), CLEAN);
        assertThat(guest.of(DmaRequest.of(Guest.STREAM, VA, Access.READ_WRITE))).isInstanceOf(Translation.Ok.class);
        assertThat(guest.memory.load64(slot)).isEqualTo(CLEAN & ~READ_ONLY);
    }

    @Test
    void readsAndFetchesLeaveACleanPageCleanAndGrantNoWrite() {
        mapped(context(1, 1), CLEAN);
        assertThat(permissions(guest.read(VA)) & 3).isEqualTo(1);
        guest.of(DmaRequest.of(Guest.STREAM, VA, Access.EXECUTE));
        assertThat(guest.memory.load64(slot)).isEqualTo(CLEAN);
    }

    @Test
    void theFirstWriteToAPageThatIsCachedCleanUpdates() {
        mapped(context(1, 1), CLEAN);
        guest.read(VA);
        guest.read(VA);
        assertThat(guest.smmu.counters().tlbHits()).isEqualTo(1);
        assertThat(guest.write(VA)).isInstanceOf(Translation.Ok.class);
        assertThat(guest.memory.load64(slot)).isEqualTo(CLEAN & ~READ_ONLY);
        guest.memory.store64(slot, 0);
        assertThat(permissions(guest.write(VA)) & 2).as("cached dirty now").isEqualTo(2);
        assertThat(permissions(guest.read(VA)) & 3).as("and reads see it").isEqualTo(3);
    }

    @Test
    void aPageWithoutDbmIsNeverMadeWritable() {
        mapped(context(1, 1), CLEAN & ~DBM);
        guest.fault(DmaRequest.write(Guest.STREAM, VA), EventType.F_PERMISSION);
        assertThat(guest.memory.load64(slot)).isEqualTo(CLEAN & ~DBM);
    }

    /** Pitfall 47. */
    @Test
    void aTableThatDeniesWritesDeniesTheUpdate() {
        mapped(context(1, 1), CLEAN & ~AF);
        guest.memory.store64(root, guest.memory.load64(root) | 1L << 62);
        guest.fault(DmaRequest.write(Guest.STREAM, VA), EventType.F_PERMISSION);
        assertThat(guest.memory.load64(slot)).isEqualTo(CLEAN & ~AF);
        assertThat(permissions(guest.read(VA)) & 3).isEqualTo(1);
        assertThat(guest.memory.load64(slot)).isEqualTo(CLEAN);
    }

    @Test
    void anUnprivilegedWriteToAPrivilegedPageUpdatesNothing() {
        mapped(context(1, 1), CLEAN & ~(1L << 6) & ~AF);
        guest.fault(DmaRequest.write(Guest.STREAM, VA), EventType.F_PERMISSION);
        assertThat(guest.memory.load64(slot)).isEqualTo(CLEAN & ~(1L << 6) & ~AF);
        assertThat(guest.of(Guest.privileged(Access.WRITE, VA))).isInstanceOf(Translation.Ok.class);
    }

    @Test
    void aCleanPageCountsAsWritableForWxn() {
        mapped(context(1, 1).set(0, ContextDescriptor.WXN, 1), CLEAN);
        guest.fault(DmaRequest.of(Guest.STREAM, VA, Access.EXECUTE), EventType.F_PERMISSION);
    }

    @Test
    void onlyTheDescriptorThatWasReadIsUpdatedInAContiguousGroup() {
        mapped(context(1, 1), CLEAN | CONTIGUOUS);
        guest.map(root, 1, VA + 0x1000, CLEAN + 0x1000 | CONTIGUOUS);
        guest.write(VA);
        assertThat(guest.memory.load64(slot)).isEqualTo((CLEAN | CONTIGUOUS) & ~READ_ONLY);
        assertThat(guest.memory.load64(slot + 8)).isEqualTo(CLEAN + 0x1000 | CONTIGUOUS);
    }

    @Test
    void bigEndianTablesAreUpdatedInTheirOrder() {
        guest.stage1(context(1, 1).set(0, ContextDescriptor.ENDI, 1));
        long level2 = guest.table();
        long level3 = guest.table();
        guest.entry(root, 0, Long.reverseBytes(level2 | Guest.TABLE));
        guest.entry(level2, 0, Long.reverseBytes(level3 | Guest.TABLE));
        guest.entry(level3, 5, Long.reverseBytes(CLEAN & ~AF));
        guest.write(VA);
        assertThat(Long.reverseBytes(guest.memory.load64(level3 + 40))).isEqualTo(CLEAN & ~READ_ONLY);
    }

    @Test
    void blocksAreUpdatedToo() {
        guest.stage1(context(1, 1));
        guest.entry(root, 0, (PA | DBM | 0xCC1) & ~AF);
        guest.write(VA);
        assertThat(guest.memory.load64(root)).isEqualTo(PA | DBM | 0xC41);
    }

    @Test
    void aPrefetchSetsTheFlagAndNeverMakesDirty() {
        mapped(context(1, 1), CLEAN & ~AF);
        guest.smmu.prefetchAddress(Guest.STREAM, -1, VA);
        assertThat(guest.memory.load64(slot)).isEqualTo(CLEAN);
    }

    @Test
    void anExplanationTellsTheUpdateAndDoesNotDoIt() {
        mapped(context(1, 1), CLEAN & ~AF);
        Explanation write = guest.smmu.explain(DmaRequest.write(Guest.STREAM, VA));
        assertThat(permissions(write.result()) & 2).isEqualTo(2);
        assertThat(write.fetches().get(write.fetches().size() - 1).decision()).endsWith("; updated: AF=1, made dirty");
        Explanation read = guest.smmu.explain(DmaRequest.read(Guest.STREAM, VA));
        assertThat(read.fetches().get(read.fetches().size() - 1).decision()).endsWith("; updated: AF=1");
        assertThat(guest.memory.load64(slot)).isEqualTo(CLEAN & ~AF);
        guest.memory.store64(slot, CLEAN);
        Explanation again = guest.smmu.explain(DmaRequest.write(Guest.STREAM, VA));
        assertThat(again.fetches().get(again.fetches().size() - 1).decision()).endsWith("; updated: made dirty");
    }

    @Test
    void nothingIsUpdatedWhileDisabled() {
        mapped(context(1, 1), CLEAN & ~AF);
        guest.control(ControlState.RESET);
        assertThat(guest.write(VA)).isInstanceOf(Translation.Ok.class);
        assertThat(guest.memory.load64(slot)).isEqualTo(CLEAN & ~AF);
    }

    private long stage2Block(int flag, int dirty, long descriptor) {
        long table = guest.table();
        guest.entry(table, 0, descriptor);
        guest.stream(
                Guest.STREAM,
                Words.stage2(table).set(2, StreamTableEntry.S2HA, flag).set(2, StreamTableEntry.S2HD, dirty));
        return table;
    }

    /** Pitfall 70. */
    @ParameterizedTest
    @CsvSource({"1, 1, true", "0, 1, false", "1, 0, false"})
    void aWriteMakesACleanStage2PageDirty(int flag, int dirty, boolean allowed) {
        long at = stage2Block(flag, dirty, PA | DBM | 0x77D);
        if (allowed) {
            assertThat(permissions(guest.write(VA)) & 2).isEqualTo(2);
            assertThat(guest.memory.load64(at)).isEqualTo(PA | DBM | 0x7FD);
        } else {
            guest.fault(DmaRequest.write(Guest.STREAM, VA), EventType.F_PERMISSION);
            assertThat(guest.memory.load64(at)).isEqualTo(PA | DBM | 0x77D);
        }
    }

    @Test
    void aReadLeavesAStage2PageClean() {
        long at = stage2Block(1, 1, PA | DBM | 0x37D);
        assertThat(permissions(guest.read(VA)) & 3).isEqualTo(1);
        assertThat(guest.memory.load64(at)).isEqualTo(PA | DBM | 0x77D);
        assertThat(guest.write(VA)).isInstanceOf(Translation.Ok.class);
        assertThat(guest.memory.load64(at)).isEqualTo(PA | DBM | 0x7FD);
    }

    @Test
    void aRefusedStage2AccessUpdatesNothing() {
        long at = stage2Block(1, 1, PA | 0x37D);
        guest.fault(DmaRequest.write(Guest.STREAM, VA), EventType.F_PERMISSION);
        assertThat(guest.memory.load64(at)).isEqualTo(PA | 0x37D);
    }

    /** A nested stream whose tables are one GiB at {@link Guest#RAM} and whose output is another one. */
    private long nested(Words cd, long own, long output, long descriptor) {
        cd.cd().writeTo(guest.memory, Guest.CONTEXTS);
        long table = guest.table();
        guest.entry(table, 1, Guest.RAM | own);
        guest.entry(table, 2, PA | output);
        guest.stream(
                Guest.STREAM,
                Words.nested(Guest.CONTEXTS, table)
                        .set(2, StreamTableEntry.S2HA, 1)
                        .set(2, StreamTableEntry.S2HD, 1));
        guest.map(root, 1, VA, descriptor);
        slot = slotOf(VA);
        return table;
    }

    /** Pitfall 64. */
    @Test
    void anUpdateOfAStage1DescriptorNeedsStage2ToPermitAWrite() {
        nested(context(1, 0), 0x77D, 0x7FD, PA | 0x843);
        EventRecord record = guest.fault(VA, EventType.F_PERMISSION);
        assertThat(record.s2()).isTrue();
        assertThat(record.eventClass()).isEqualTo(EventRecord.CLASS_TT);
        assertThat(record.rnw()).isTrue();
        assertThat(record.ttrnw()).isFalse();
        assertThat(record.ipa()).isEqualTo(slot & -4096L);
        assertThat(guest.memory.load64(slot)).isEqualTo(PA | 0x843);
    }

    @Test
    void aTableThatStage2DoesNotLetReadIsAReadOfATable() {
        nested(context(1, 0), 0x7BD, 0x7FD, PA | 0x843);
        EventRecord record = guest.fault(VA, EventType.F_PERMISSION);
        assertThat(record.eventClass()).isEqualTo(EventRecord.CLASS_CD);
        assertThat(record.ttrnw()).isFalse();
    }

    @Test
    void anUpdateOfAStage1DescriptorMakesItsStage2PageDirty() {
        long table = nested(context(1, 0), DBM | 0x77D, 0x7FD, PA | 0x843);
        guest.expectPa(VA, PA);
        assertThat(guest.memory.load64(slot)).isEqualTo(PA | 0xC43);
        assertThat(guest.memory.load64(table + 8)).isEqualTo(Guest.RAM | DBM | 0x7FD);
    }

    @Test
    void readingTablesAndContextsSetsTheFlagOfStage2AndLeavesItClean() {
        long table = nested(context(1, 0), DBM | 0x37D, 0x3FD, PA | 0xC43);
        guest.expectPa(VA, PA);
        assertThat(guest.memory.load64(table + 8)).isEqualTo(Guest.RAM | DBM | 0x77D);
        assertThat(guest.memory.load64(table + 16)).isEqualTo(PA | 0x7FD);
    }

    @Test
    void bothStagesBecomeDirtyWithOneWrite() {
        long table = nested(context(1, 1), 0x7FD, DBM | 0x77D, CLEAN);
        assertThat(permissions(guest.write(VA)) & 2).isEqualTo(2);
        assertThat(guest.memory.load64(slot)).isEqualTo(CLEAN & ~READ_ONLY);
        assertThat(guest.memory.load64(table + 16)).isEqualTo(PA | DBM | 0x7FD);
    }

    @Test
    void aWriteThatStage1DeniesLeavesStage2Clean() {
        long table = nested(context(1, 1), 0x7FD, DBM | 0x77D, CLEAN & ~DBM);
        guest.fault(DmaRequest.write(Guest.STREAM, VA), EventType.F_PERMISSION);
        assertThat(guest.memory.load64(table + 16)).isEqualTo(PA | DBM | 0x77D);
    }

    @Test
    void anExplanationOfANestedUpdateShowsWhatStage2SaysOfTheDescriptor() {
        nested(context(1, 0), 0x7FD, 0x7FD, PA | 0x843);
        Explanation read = guest.smmu.explain(DmaRequest.read(Guest.STREAM, VA));
        assertThat(read.fetches())
                .anyMatch(fetch -> fetch.purpose().endsWith("of S1 L3 update"))
                .anyMatch(fetch -> fetch.decision().endsWith("; updated: AF=1"));
        assertThat(guest.memory.load64(slot)).isEqualTo(PA | 0x843);
    }

    @Test
    void aTranslationThatAnInvalidationOvertookWritesNothing() {
        TableUpdates updates = new TableUpdates(guest.memory, guest.epoch);
        long begun = guest.epoch.now();
        guest.epoch.advance();
        assertThat(updates.replace(begun, Guest.TABLES, 0, 1)).isEqualTo(TableUpdates.Outcome.STALE);
        assertThat(guest.memory.load64(Guest.TABLES)).isZero();
        assertThat(updates.replace(guest.epoch.now(), Guest.TABLES, 7, 1)).isEqualTo(TableUpdates.Outcome.CHANGED);
        assertThat(updates.replace(guest.epoch.now(), Guest.TABLES, 0, 1)).isEqualTo(TableUpdates.Outcome.DONE);
    }
}
