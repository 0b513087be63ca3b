package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.EventType;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Stage-1 walks and their faults (IHI 0070 §3.4.1, §7.3; Arm ARM D8). */
class StageOneTest {

    private static final long PA = 0x5000_0000L;
    private static final long READ_ONLY = 1L << 7;
    private static final long USER = 1L << 6;
    private static final long AF = 1L << 10;

    private final Guest guest = new Guest();
    private final long root = guest.table();

    private Words context() {
        return Words.context(root);
    }

    private static Words upper(Words cd, int t1sz, int tg1, long table) {
        return cd.set(0, ContextDescriptor.EPD1, 0)
                .set(0, ContextDescriptor.T1SZ, t1sz)
                .set(0, ContextDescriptor.TG1, tg1)
                .put(2, ContextDescriptor.TTB, table);
    }

    private void page(long descriptor) {
        guest.stage1(context());
        guest.map(root, 1, 0x1000, descriptor);
    }

    private static EventRecord input(EventRecord record) {
        assertThat(record.s2()).isFalse();
        assertThat(record.eventClass()).isEqualTo(EventRecord.CLASS_IN);
        assertThat(record.dw3()).isZero();
        assertThat(record.stall()).isFalse();
        return record;
    }

    @Test
    void anAddressBeyondT0szHasNoTranslation() {
        guest.stage1(context().set(0, ContextDescriptor.T0SZ, 16));
        EventRecord record = input(guest.fault(0x1_0000_0000_0000L, EventType.F_TRANSLATION));
        assertThat(record.inputAddress()).isEqualTo(0x1_0000_0000_0000L);
        assertThat(record.rnw()).isTrue();
        assertThat(record.pnu()).isFalse();
        assertThat(record.ind()).isFalse();
    }

    @Test
    void theTopByteIsIgnoredInTheWalkAndKeptInTheRecord() {
        guest.stage1(context().set(0, ContextDescriptor.TBI0, 1));
        guest.map(root, 1, 0x1000, PA | Guest.PAGE);
        guest.expectPa(0xAA00_0000_0000_1008L, PA | 8);
        EventRecord record = guest.fault(0xAA00_0000_0000_2000L, EventType.F_TRANSLATION);
        assertThat(record.inputAddress()).isEqualTo(0xAA00_0000_0000_2000L);
    }

    @Test
    void theTopByteCountsWithoutTbi() {
        page(PA | Guest.PAGE);
        guest.fault(0xAA00_0000_0000_1000L, EventType.F_TRANSLATION);
    }

    @Test
    void theUpperHalfEndsWhereT1szSays() {
        long table = guest.table();
        guest.stage1(upper(context(), 25, 2, table));
        guest.map(table, 1, 0xFFFF_FF80_0000_1000L, PA | Guest.PAGE);
        guest.expectPa(0xFFFF_FF80_0000_1010L, PA | 0x10);
        guest.fault(0xFF80_0000_0000_1000L, EventType.F_TRANSLATION);
        guest.fault(0xFFFF_FF00_0000_1000L, EventType.F_TRANSLATION);
    }

    @Test
    void bitFiftyFiveChoosesTheHalfWhateverTheTopByteHolds() {
        long table = guest.table();
        guest.stage1(upper(context(), 25, 2, table).set(0, ContextDescriptor.TBI1, 1));
        guest.map(table, 1, 0xFFFF_FF80_0000_1000L, PA | Guest.PAGE);
        guest.expectPa(0x12FF_FF80_0000_1010L, PA | 0x10);
    }

    @Test
    void aDisabledHalfFaultsWithoutReadingItsTable() {
        guest.stage1(context().set(0, ContextDescriptor.EPD0, 1).put(1, ContextDescriptor.TTB, 0x9000_0000L));
        input(guest.fault(0, EventType.F_TRANSLATION));
        input(guest.fault(0x0080_0000_0000_0000L, EventType.F_TRANSLATION));
        assertThat(guest.smmu.counters().descriptorFetches()).isZero();
    }

    @Test
    void anUnprivilegedAccessCannotUseAHalfWithE0pd() {
        page(PA | Guest.PAGE);
        guest.stage1(context().set(1, ContextDescriptor.E0PD, 1));
        guest.fault(0x1000, EventType.F_TRANSLATION);
        assertThat(guest.of(Guest.privileged(Access.READ, 0x1000)).kind()).isEqualTo(Translation.Kind.OK);
    }

    @Test
    void aTableBeyondIpsIsAnAddressSizeFault() {
        guest.stage1(context().set(0, ContextDescriptor.IPS, 0));
        guest.entry(root, 0, 1L << 32 | Guest.TABLE);
        input(guest.fault(0x1000, EventType.F_ADDR_SIZE));
        guest.entry(root, 0, 1L << 32 | Guest.BLOCK);
        input(guest.fault(0x1000, EventType.F_ADDR_SIZE));
    }

    @Test
    void ttbBeyondIpsIsABadContext() {
        guest.stage1(context().set(0, ContextDescriptor.IPS, 0).put(1, ContextDescriptor.TTB, 1L << 32));
        guest.fault(0, EventType.C_BAD_CD);
    }

    @Test
    void largeGranulesHoldFiftyTwoBits() {
        long table = guest.table(65536);
        long leaf = guest.table(65536);
        guest.stage1(Words.context(table)
                .set(0, ContextDescriptor.TG0, 1)
                .set(0, ContextDescriptor.T0SZ, 30)
                .set(0, ContextDescriptor.IPS, 6));
        guest.entry(table, 0, leaf | Guest.TABLE);
        guest.entry(leaf, 0, 0x0000_0000_0001_3703L | USER);
        guest.expectPa(0x10, 0x0003_0000_0001_0010L);
    }

    @ParameterizedTest
    @CsvSource({
        // TG0, T0SZ, level whose block is tried, legal
        "0, 16, 0, false",
        "0, 16, 1, true",
        "0, 16, 2, true",
        "0, 16, 3, false",
        "2, 17, 1, false",
        "2, 17, 2, true",
        "2, 17, 3, false",
        "1, 12, 1, true",
        "1, 12, 2, true",
        "1, 12, 3, false"
    })
    void blocksExistOnlyAtTheirLevels(int granule, int size, int level, boolean legal) {
        int granuleLg2 = granule == 0 ? 12 : granule == 1 ? 16 : 14;
        long table = guest.table(65536);
        guest.stage1(context()
                .set(0, ContextDescriptor.TG0, granule)
                .set(0, ContextDescriptor.T0SZ, size)
                .put(1, ContextDescriptor.TTB, table));
        int start = Granules.stage1StartLevel(64 - size, granuleLg2);
        for (int at = start; at < level; at++) {
            long next = guest.table(65536);
            guest.entry(table, 0, next | Guest.TABLE);
            table = next;
        }
        guest.entry(table, 0, Guest.BLOCK);
        if (legal) {
            Translation.Ok ok = (Translation.Ok) guest.read(0x123);
            assertThat(ok.pa()).isEqualTo(0x123);
            assertThat(ok.sizeLg2()).isEqualTo(granuleLg2 + (3 - level) * (granuleLg2 - 3));
        } else {
            input(guest.fault(0x123, EventType.F_TRANSLATION));
        }
    }

    @Test
    void withoutFiftyTwoBitsALargeGranuleHasNoLevelOneBlock() {
        Guest small = new Guest(
                Smmuv3Capabilities.everything().toBuilder()
                        .set(io.github.iommu4j.smmuv3.layout.IdField.OAS, 5)
                        .build(),
                CacheGeometry.OFF);
        long table = small.table(65536);
        small.stage1(Words.context(table).set(0, ContextDescriptor.TG0, 1).set(0, ContextDescriptor.T0SZ, 16));
        small.entry(table, 0, Guest.BLOCK);
        small.fault(0, EventType.F_TRANSLATION);
    }

    @Test
    void theAccessFlagComesBeforePermission() {
        page(PA | 3 | USER | READ_ONLY);
        input(guest.fault(DmaRequest.write(Guest.STREAM, 0x1000), EventType.F_ACCESS));
    }

    @Test
    void affdTakesTheAccessFlagAsSet() {
        page(PA | 3 | USER);
        guest.stage1(context().set(0, ContextDescriptor.AFFD, 1));
        guest.expectPa(0x1000, PA);
    }

    @Test
    void apTableTakesWritesFromEverythingBelow() {
        page(PA | Guest.PAGE);
        long descriptor = guest.memory.load64(root);
        guest.entry(root, 0, descriptor | 1L << 62);
        input(guest.fault(DmaRequest.write(Guest.STREAM, 0x1000), EventType.F_PERMISSION));
        guest.expectPa(0x1000, PA);
        guest.entry(root, 0, descriptor | 1L << 61);
        input(guest.fault(0x1000, EventType.F_PERMISSION));
        guest.stage1(context().set(1, ContextDescriptor.HAD, 1));
        guest.expectPa(0x1000, PA);
    }

    @Test
    void whatUsersCanWriteIsNeverPrivilegedCode() {
        page(PA | Guest.PAGE);
        EventRecord record = input(guest.fault(Guest.privileged(Access.EXECUTE, 0x1000), EventType.F_PERMISSION));
        assertThat(record.ind()).isTrue();
        assertThat(record.pnu()).isTrue();
        assertThat(record.rnw()).isTrue();
        assertThat(guest.of(DmaRequest.of(Guest.STREAM, 0x1000, Access.EXECUTE)).kind())
                .isEqualTo(Translation.Kind.OK);
    }

    @ParameterizedTest
    @CsvSource({"53, true", "54, false"})
    void executeNeverBitsAreForTheirPrivilege(int bit, boolean forPrivileged) {
        page(PA | AF | 3 | READ_ONLY | USER | 1L << bit);
        DmaRequest user = DmaRequest.of(Guest.STREAM, 0x1000, Access.EXECUTE);
        guest.fault(forPrivileged ? user.privileged() : user, EventType.F_PERMISSION);
        assertThat(guest.of(forPrivileged ? user : user.privileged()).kind()).isEqualTo(Translation.Kind.OK);
    }

    @Test
    void panKeepsPrivilegedDataOutOfUserPages() {
        page(PA | AF | 3 | READ_ONLY | USER);
        guest.stage1(context().set(0, ContextDescriptor.PAN, 1));
        guest.fault(Guest.privileged(Access.READ, 0x1000), EventType.F_PERMISSION);
        guest.expectPa(0x1000, PA);
        assertThat(guest.of(Guest.privileged(Access.EXECUTE, 0x1000)).kind()).isEqualTo(Translation.Kind.OK);
    }

    @Test
    void wxnTakesExecutionFromWritablePages() {
        page(PA | Guest.PAGE);
        guest.stage1(context().set(0, ContextDescriptor.WXN, 1));
        guest.fault(DmaRequest.of(Guest.STREAM, 0x1000, Access.EXECUTE), EventType.F_PERMISSION);
    }

    @Test
    void theRecordShowsThePrivilegeAfterTheOverride() {
        page(PA | AF | 3);
        guest.stream(Guest.STREAM, Words.stage1(Guest.CONTEXTS).set(1, StreamTableEntry.PRIVCFG, 2));
        EventRecord record = guest.fault(Guest.privileged(Access.READ, 0x1000), EventType.F_PERMISSION);
        assertThat(record.pnu()).isFalse();
        guest.stream(Guest.STREAM, Words.stage1(Guest.CONTEXTS).set(1, StreamTableEntry.PRIVCFG, 3));
        guest.expectPa(0x1000, PA);
    }

    @Test
    void theInstructionOverrideIsForReadsOnly() {
        page(PA | Guest.PAGE | 1L << 54);
        guest.stream(Guest.STREAM, Words.stage1(Guest.CONTEXTS).set(1, StreamTableEntry.INSTCFG, 3));
        assertThat(guest.fault(0x1000, EventType.F_PERMISSION).ind()).isTrue();
        assertThat(guest.write(0x1000).kind()).isEqualTo(Translation.Kind.OK);
        guest.stream(Guest.STREAM, Words.stage1(Guest.CONTEXTS).set(1, StreamTableEntry.INSTCFG, 2));
        assertThat(guest.of(DmaRequest.of(Guest.STREAM, 0x1000, Access.EXECUTE)).kind())
                .isEqualTo(Translation.Kind.OK);
    }

    @ParameterizedTest
    @CsvSource({"0, 0, RAZ_WI, false", "0, 1, RAZ_WI, true", "1, 0, ABORT, false", "1, 1, ABORT, true"})
    void aAndRDecideWhatTheDeviceSeesAndWhatIsRecorded(int a, int r, FaultResponse response, boolean recorded) {
        guest.stage1(context().set(0, ContextDescriptor.A, a).set(0, ContextDescriptor.R, r));
        assertThat(guest.read(0x1000)).isEqualTo(new Translation.Fault(0x10, "F_TRANSLATION", response, recorded));
        assertThat(guest.events).hasSize(recorded ? 1 : 0);
    }

    @Test
    void anAbortedFetchIsRecordedAndAbortsWhateverTheContextSays() {
        guest.stage1(context().set(0, ContextDescriptor.A, 0).set(0, ContextDescriptor.R, 0));
        guest.entry(root, 0, 0x40_0000_0000L | Guest.TABLE);
        EventRecord record = guest.fault(DmaRequest.write(Guest.STREAM, 0x1000), EventType.F_WALK_EABT);
        assertThat(record.s2()).isFalse();
        assertThat(record.eventClass()).isEqualTo(EventRecord.CLASS_TT);
        assertThat(record.rnw()).isFalse();
        assertThat(record.inputAddress()).isEqualTo(0x1000);
        assertThat(record.fetchAddress()).isEqualTo(0x40_0000_0000L);
    }

    @Test
    void anAtomicIsRecordedAsAWriteUnlessOnlyTheReadIsMissing() {
        page(PA | AF | 3 | READ_ONLY | USER);
        DmaRequest atomic = DmaRequest.of(Guest.STREAM, 0x1000, Access.READ_WRITE);
        assertThat(guest.fault(atomic, EventType.F_PERMISSION).rnw()).isFalse();
    }

    @Test
    void bigEndianTablesAreRead() {
        guest.stage1(context().set(0, ContextDescriptor.ENDI, 1));
        long leaf = guest.table();
        guest.entry(root, 0, Long.reverseBytes(leaf | Guest.TABLE));
        guest.entry(leaf, 0, Long.reverseBytes(PA | Guest.BLOCK));
        guest.expectPa(0x1234, PA | 0x1234);
    }

    @Test
    void anEl2StreamHasOnePrivilegeAndOneHalf() {
        page(PA | AF | 3);
        guest.stream(Guest.STREAM, Words.stage1(Guest.CONTEXTS).set(1, StreamTableEntry.STRW, 2));
        guest.expectPa(0x1000, PA);
        guest.fault(0xFFFF_FFFF_FFFF_F000L, EventType.F_TRANSLATION);
        guest.control(new ControlState(true, false, true, true, false, 0, Guest.STREAMS, 8));
        guest.fault(0x1000, EventType.F_PERMISSION);
    }

    @Test
    void aTableThatPointsToItselfEndsAtTheLastLevel() {
        guest.stage1(context());
        guest.entry(root, 0, root | Guest.TABLE | AF | USER);
        guest.expectPa(0, root);
    }

    @Test
    void aFirstTableOfFewEntriesIsAlignedToItsSize() {
        guest.stage1(context()
                .set(0, ContextDescriptor.T0SZ, 33)
                .set(0, ContextDescriptor.IPS, 4)
                .put(1, ContextDescriptor.TTB, root + 0x10));
        guest.entry(root + 0x10, 1, 0x4000_0000L | Guest.BLOCK);
        guest.expectPa(0x4000_0123L, 0x4000_0123L);
    }
}
