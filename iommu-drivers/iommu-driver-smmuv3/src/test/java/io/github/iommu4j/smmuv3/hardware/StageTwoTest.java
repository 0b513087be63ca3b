package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.EventType;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Stage-2 walks without stage 1, and their faults (IHI 0070 §3.4, §5.2, §7.3). */
class StageTwoTest {

    private static final long PA = 0x5000_0000L;
    private static final long AF = 1L << 10;

    private final Guest guest = new Guest();
    private final long root = guest.table(0x1_0000);

    private void stream() {
        guest.stream(Guest.STREAM, Words.stage2(root));
    }

    private void page(long descriptor) {
        stream();
        guest.map(root, 1, 0x1000, descriptor);
    }

    private static EventRecord input(EventRecord record, long ipaPage) {
        assertThat(record.s2()).isTrue();
        assertThat(record.eventClass()).isEqualTo(EventRecord.CLASS_IN);
        assertThat(record.dw3()).isEqualTo(ipaPage);
        return record;
    }

    @Test
    void aPageTranslates() {
        page(PA | Guest.PAGE2);
        Translation.Ok ok = (Translation.Ok) guest.read(0x1238);
        assertThat(ok.pa()).isEqualTo(PA | 0x238);
        assertThat(ok.sizeLg2()).isEqualTo(12);
        assertThat(ok.permissions()).isEqualTo(7);
    }

    @Test
    void anImpossibleStartLevelIsABadEntry() {
        guest.stream(
                Guest.STREAM,
                Words.stage2(root).set(2, StreamTableEntry.S2T0SZ, 16).set(2, StreamTableEntry.S2SL0, 1));
        guest.fault(0, EventType.C_BAD_STE);
    }

    @Test
    void aStartAtLevelTwoNeedsOneTable() {
        guest.stream(
                Guest.STREAM,
                Words.stage2(root).set(2, StreamTableEntry.S2T0SZ, 34).set(2, StreamTableEntry.S2SL0, 0));
        guest.entry(root, 511, PA | Guest.BLOCK2);
        guest.expectPa(0x3FE0_0123L, PA | 0x123);
    }

    @Test
    void twoTablesAreConcatenated() {
        guest.stream(Guest.STREAM, Words.stage2(root + 0x1000).set(2, StreamTableEntry.S2T0SZ, 24));
        guest.entry(root + 0x1000, 0, 0x4000_0000L | Guest.BLOCK2);
        guest.expectPa(0x80_0000_0123L, 0x4000_0123L);
    }

    @Test
    void sixteenLevelTwoTablesOfSixteenKibAreConcatenated() {
        long tables = guest.table(256 << 10);
        guest.stream(
                Guest.STREAM,
                Words.stage2(tables).set(2, StreamTableEntry.S2TG, 2).set(2, StreamTableEntry.S2T0SZ, 24));
        guest.entry(tables, 15 << 11, 0x4000_0000L | Guest.BLOCK2);
        guest.expectPa(0xF0_0000_0123L, 0x4000_0123L);
    }

    @Test
    void sixtyFourKibPagesStartAtLevelTwo() {
        long tables = guest.table(65536);
        guest.stream(
                Guest.STREAM,
                Words.stage2(tables).set(2, StreamTableEntry.S2TG, 1).set(2, StreamTableEntry.S2T0SZ, 22));
        guest.entry(tables, 3, 0x6000_0000L | Guest.BLOCK2);
        guest.expectPa(3L * 0x2000_0000L + 0x123, 0x6000_0123L);
    }

    @Test
    void anInputBeyondS2t0szHasNoTranslation() {
        guest.stream(Guest.STREAM, Words.stage2(root).set(2, StreamTableEntry.S2T0SZ, 24));
        input(guest.fault(1L << 40, EventType.F_TRANSLATION), 1L << 40);
    }

    @Test
    void anInputBeyondTheAddressSizeAbortsBeforeStageTwo() {
        Guest small = new Guest(
                Smmuv3Capabilities.everything().toBuilder().set(IdField.OAS, 4).build(), CacheGeometry.OFF);
        small.stream(Guest.STREAM, Words.stage2(small.table()).set(2, StreamTableEntry.S2R, 0));
        EventRecord record = small.fault(1L << 44, EventType.F_ADDR_SIZE);
        assertThat(record.s2()).isFalse();
        assertThat(record.eventClass()).isEqualTo(EventRecord.CLASS_IN);
        assertThat(record.dw3()).isZero();
    }

    @Test
    void anOutputBeyondS2psIsAnAddressSizeFault() {
        page(1L << 32 | Guest.PAGE2);
        guest.stream(Guest.STREAM, Words.stage2(root).set(2, StreamTableEntry.S2PS, 0));
        input(guest.fault(0x1FF0, EventType.F_ADDR_SIZE), 0x1000);
        guest.entry(root, 0, 1L << 32 | Guest.TABLE);
        input(guest.fault(0x1FF0, EventType.F_ADDR_SIZE), 0x1000);
    }

    @Test
    void theAccessFlagComesBeforePermissionAndCanBeIgnored() {
        page(PA | 3 | 1 << 6);
        input(guest.fault(DmaRequest.write(Guest.STREAM, 0x1000), EventType.F_ACCESS), 0x1000);
        guest.stream(Guest.STREAM, Words.stage2(root).set(2, StreamTableEntry.S2AFFD, 1));
        guest.expectPa(0x1000, PA);
    }

    @ParameterizedTest
    @CsvSource({"0, false, false", "1, true, false", "2, false, true", "3, true, true"})
    void s2apGivesReadAndWrite(int s2ap, boolean reads, boolean writes) {
        page(PA | 3 | AF | (long) s2ap << 6);
        assertThat(guest.read(0x1000).kind() == Translation.Kind.OK).isEqualTo(reads);
        assertThat(guest.write(0x1000).kind() == Translation.Kind.OK).isEqualTo(writes);
        assertThat(guest.of(DmaRequest.of(Guest.STREAM, 0x1000, Access.EXECUTE)).kind())
                .isEqualTo(Translation.Kind.OK);
    }

    @Test
    void anAtomicThatMayOnlyWriteIsRecordedAsARead() {
        page(PA | 3 | AF | 2 << 6);
        EventRecord record =
                guest.fault(DmaRequest.of(Guest.STREAM, 0x1000, Access.READ_WRITE), EventType.F_PERMISSION);
        assertThat(input(record, 0x1000).rnw()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"0, true, true", "1, true, false", "2, false, false", "3, false, true"})
    void xnHasTwoBits(int xn, boolean user, boolean privileged) {
        page(PA | Guest.PAGE2 | (long) xn << 53);
        DmaRequest fetch = DmaRequest.of(Guest.STREAM, 0x1000, Access.EXECUTE);
        assertThat(guest.of(fetch).kind() == Translation.Kind.OK).isEqualTo(user);
        assertThat(guest.of(fetch.privileged()).kind() == Translation.Kind.OK).isEqualTo(privileged);
    }

    @ParameterizedTest
    @CsvSource({"0, true", "1, true", "2, false", "3, false"})
    void withoutXnxOnlyTheUpperBitCounts(int xn, boolean executable) {
        Guest old = new Guest(
                Smmuv3Capabilities.everything().toBuilder().set(IdField.XNX, 0).build(), CacheGeometry.OFF);
        long table = old.table();
        old.stream(Guest.STREAM, Words.stage2(table));
        old.map(table, 1, 0x1000, PA | Guest.PAGE2 | (long) xn << 53);
        DmaRequest fetch = DmaRequest.of(Guest.STREAM, 0x1000, Access.EXECUTE);
        assertThat(old.of(fetch).kind() == Translation.Kind.OK).isEqualTo(executable);
        assertThat(old.of(fetch.privileged()).kind() == Translation.Kind.OK).isEqualTo(executable);
    }

    @Test
    void withoutS2rAFaultAbortsInSilence() {
        guest.stream(Guest.STREAM, Words.stage2(root).set(2, StreamTableEntry.S2R, 0));
        assertThat(guest.read(0x1000))
                .isEqualTo(new Translation.Fault(0x10, "F_TRANSLATION", FaultResponse.ABORT, false));
        assertThat(guest.events).isEmpty();
    }

    @Test
    void anAbortedFetchIsRecordedWithItsAddress() {
        guest.stream(Guest.STREAM, Words.stage2(root).set(2, StreamTableEntry.S2R, 0));
        guest.entry(root, 0, 0x9000_0000L | Guest.TABLE);
        EventRecord record = guest.fault(0x1000, EventType.F_WALK_EABT);
        assertThat(record.s2()).isTrue();
        assertThat(record.eventClass()).isEqualTo(EventRecord.CLASS_IN);
        assertThat(record.fetchAddress()).isEqualTo(0x9000_0000L);
    }

    @Test
    void bigEndianTablesAreRead() {
        guest.stream(Guest.STREAM, Words.stage2(root).set(2, StreamTableEntry.S2ENDI, 1));
        guest.entry(root, 1, Long.reverseBytes(0x4000_0000L | Guest.BLOCK2));
        guest.expectPa(0x4000_0123L, 0x4000_0123L);
    }
}
