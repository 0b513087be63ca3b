package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.EventType;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Finding an STE, and what its Config says (IHI 0070 §3.3.1, §5.1, §5.2). */
class StreamTableTest {

    private static final long LEVEL2 = Guest.RAM + 0x20_0000;
    private static final Words BYPASS =
            new Words().set(0, StreamTableEntry.V, 1).set(0, StreamTableEntry.CONFIG, StreamTableEntry.CONFIG_BYPASS);

    private final Guest guest = new Guest();

    private void twoLevels(int log2Size, int split) {
        guest.control(
                new ControlState(true, false, true, false, false, 0, Guest.STREAMS, 1 << 16 | split << 6 | log2Size));
    }

    private void level1(long index, long descriptor) {
        guest.memory.store64(Guest.STREAMS + index * 8, descriptor);
    }

    private void bypassAt(long address) {
        BYPASS.ste().writeTo(guest.memory, address);
    }

    private void expectBypass(int streamId) {
        assertThat(guest.of(DmaRequest.read(streamId, 0x1234)).kind()).isEqualTo(Translation.Kind.OK);
    }

    @Test
    void spanNineIsTwoHundredFiftySixEntries() {
        twoLevels(16, 10);
        level1(0, LEVEL2 | 9);
        bypassAt(LEVEL2 + 255 * 64);
        bypassAt(LEVEL2 + 256 * 64);
        expectBypass(255);
        guest.fault(DmaRequest.read(256, 0), EventType.C_BAD_STREAMID);
    }

    @Test
    void anIndexBeyondSpanIsABadStreamId() {
        twoLevels(16, 8);
        level1(1, LEVEL2 | 3);
        bypassAt(LEVEL2 + 4 * 64);
        guest.fault(DmaRequest.read(0x104, 0), EventType.C_BAD_STREAMID);
    }

    @ParameterizedTest
    @CsvSource({"0", "10", "11", "12", "31"})
    void aSpanThatIsZeroReservedOrBeyondTheSplitIsABadStreamId(int span) {
        twoLevels(16, 8);
        level1(0, LEVEL2 | span);
        bypassAt(LEVEL2);
        guest.fault(DmaRequest.read(0, 0), EventType.C_BAD_STREAMID);
    }

    @ParameterizedTest
    @CsvSource({"7", "0", "9", "11", "31"})
    void anUnknownSplitActsAsSix(int split) {
        twoLevels(16, split);
        level1(1, LEVEL2 | 7);
        bypassAt(LEVEL2 + 64);
        expectBypass(0x41);
    }

    @Test
    void theLargestStreamIdNeedsAllThirtyTwoBits() {
        Guest wide = new Guest();
        wide.memory.addRam(0x8000_0000L, 1 << 20);
        wide.control(new ControlState(true, false, true, false, false, 0, 0x8000_0000L, 1 << 16 | 10 << 6 | 32));
        wide.fault(DmaRequest.read(-1, 0), EventType.F_STE_FETCH);
        assertThat(wide.events.get(0).streamId()).isEqualTo(-1);
        assertThat(wide.events.get(0).fetchAddress()).isEqualTo(0x8000_0000L + 0x3F_FFFFL * 8);
    }

    @Test
    void theRangeUsesSidSizeAndTheAlignmentUsesLog2Size() {
        Smmuv3Capabilities small = Smmuv3Capabilities.everything().toBuilder()
                .set(IdField.SIDSIZE, 16)
                .build();
        Guest narrow = new Guest(small, CacheGeometry.OFF);
        narrow.control(new ControlState(true, false, true, false, false, 0, Guest.RAM + 0x200_0000, 20));
        BYPASS.ste().writeTo(narrow.memory, Guest.RAM + 0xFFFF * 64L);
        assertThat(narrow.of(DmaRequest.read(0xFFFF, 0)).kind()).isEqualTo(Translation.Kind.OK);
        narrow.fault(DmaRequest.read(0x1_0000, 0), EventType.C_BAD_STREAMID);
    }

    @Test
    void aBadStreamIdIsSilentUnlessRecinvsid() {
        guest.control(new ControlState(true, false, false, false, false, 0, Guest.STREAMS, 5));
        Translation.Fault fault = (Translation.Fault) guest.of(DmaRequest.read(32, 0));
        assertThat(fault.code()).isEqualTo(EventType.C_BAD_STREAMID.number());
        assertThat(fault.recorded()).isFalse();
        assertThat(guest.events).isEmpty();
    }

    @Test
    void aLevelOneTableIsAlignedToItsSize() {
        twoLevels(16, 6);
        guest.control(
                new ControlState(true, false, true, false, false, 0, Guest.STREAMS + 0x1FC0, 1 << 16 | 6 << 6 | 16));
        level1(3, LEVEL2 | 7);
        bypassAt(LEVEL2 + 5 * 64);
        expectBypass(3 * 64 + 5);
    }

    @Test
    void aLevelTwoPointerIsAlignedToItsSpan() {
        twoLevels(16, 8);
        level1(0, LEVEL2 | 0x1C0 | 4);
        bypassAt(LEVEL2 + 2 * 64);
        expectBypass(2);
    }

    @Test
    void aStructureTheBusDoesNotAnswerIsAnSteFetchFault() {
        twoLevels(16, 8);
        level1(0, 0x9000_0000L | 9);
        EventRecord record = guest.fault(DmaRequest.read(3, 0x77), EventType.F_STE_FETCH);
        assertThat(record.fetchAddress()).isEqualTo(0x9000_00C0L);
        assertThat(record.inputAddress()).isZero();
        assertThat(record.dw1()).isZero();
    }

    @Test
    void aLevelTwoPointerBeyondTheAddressSizeIsAnSteFetchFault() {
        twoLevels(16, 8);
        level1(0, 1L << 52 | 9);
        assertThat(guest.fault(DmaRequest.read(3, 0), EventType.F_STE_FETCH).fetchAddress())
                .isEqualTo((1L << 52) + 0xC0);
    }

    @ParameterizedTest
    @CsvSource({"0", "1", "2", "3"})
    void anAbortingConfigIsSilentWhateverElseTheEntryHolds(int config) {
        Words rubbish = new Words();
        for (int word = 0; word < 8; word++) {
            rubbish.word(word, -1L);
        }
        guest.stream(Guest.STREAM, rubbish.set(0, StreamTableEntry.CONFIG, config));
        guest.silentAbort(DmaRequest.read(Guest.STREAM, 0));
        guest.silentAbort(DmaRequest.read(Guest.STREAM, 0).withSubstream(5));
    }

    @Test
    void aSubstreamOfABypassingStreamIsBad() {
        guest.stream(Guest.STREAM, BYPASS);
        EventRecord record =
                guest.fault(DmaRequest.read(Guest.STREAM, 0).withSubstream(5), EventType.C_BAD_SUBSTREAMID);
        assertThat(record.substreamId()).isEqualTo(5);
        assertThat(record.ssv()).isFalse();
    }

    @Test
    void otherEventsShowTheSubstreamWithSsv() {
        EventRecord record = guest.fault(DmaRequest.read(Guest.STREAM, 0).withSubstream(5), EventType.C_BAD_STE);
        assertThat(record.substreamId()).isEqualTo(5);
        assertThat(record.ssv()).isTrue();
    }

    @Test
    void bypassIsBoundedByTheOutputAddressSize() {
        guest.stream(Guest.STREAM, BYPASS);
        guest.expectPa(0xF_FFFF_FFFF_FFFFL, 0xF_FFFF_FFFF_FFFFL);
        EventRecord record = guest.fault(DmaRequest.write(Guest.STREAM, 1L << 52), EventType.F_ADDR_SIZE);
        assertThat(record.s2()).isFalse();
        assertThat(record.eventClass()).isEqualTo(EventRecord.CLASS_IN);
        assertThat(record.rnw()).isFalse();
        assertThat(record.inputAddress()).isEqualTo(1L << 52);
    }

    @Test
    void everyEntryOfAContiguousGroupIsReadForItself() {
        Words contiguous = new Words()
                .set(0, StreamTableEntry.V, 1)
                .set(0, StreamTableEntry.CONFIG, StreamTableEntry.CONFIG_BYPASS)
                .set(1, StreamTableEntry.CONT, 4);
        for (int streamId = 0x20; streamId < 0x30; streamId++) {
            guest.stream(streamId, contiguous);
        }
        guest.stream(0x23, new Words());
        expectBypass(0x22);
        guest.fault(DmaRequest.read(0x23, 0), EventType.C_BAD_STE);
    }

    @Test
    void whileDisabledGbpaDecides() {
        guest.control(new ControlState(false, false, true, false, false, 0, 0, 0));
        assertThat(guest.of(DmaRequest.of(-1, 0x1234, Access.WRITE).withSubstream(3)))
                .isInstanceOf(Translation.Ok.class);
        guest.silentAbort(DmaRequest.read(0, 1L << 52));
        guest.control(new ControlState(false, false, true, false, false, 1 << 20, 0, 0));
        guest.silentAbort(DmaRequest.read(0, 0));
    }
}
