package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.EventType;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Finding the CD of a substream (IHI 0070 §3.3.2, §5.3). */
class ContextTableTest {

    private static final int SUBSTREAMS = 2;
    private static final int BYPASS = 1;
    private static final long VA = 0x1000;

    private final Guest guest = new Guest();

    private Words table(int contextsLg2, int format, int whenNone) {
        return Words.stage1(Guest.CONTEXTS)
                .set(0, StreamTableEntry.S1CDMAX, contextsLg2)
                .set(0, StreamTableEntry.S1FMT, format)
                .set(1, StreamTableEntry.S1DSS, whenNone);
    }

    /** A CD whose only page leads to an address. */
    private void context(long at, long pa) {
        long root = guest.table();
        guest.map(root, 1, VA, pa | Guest.PAGE);
        Words.context(root).cd().writeTo(guest.memory, at);
    }

    private static DmaRequest of(int substream) {
        return DmaRequest.read(Guest.STREAM, VA).withSubstream(substream);
    }

    private void expect(int substream, long pa) {
        assertThat(guest.of(of(substream)).toString()).contains("pa=0x" + Long.toHexString(pa));
    }

    @Test
    void oneContextServesTransactionsWithoutASubstreamOnly() {
        guest.stream(Guest.STREAM, table(0, 0, 0));
        context(Guest.CONTEXTS, 0x5000_0000L);
        guest.expectPa(VA, 0x5000_0000L);
        guest.fault(of(0), EventType.C_BAD_SUBSTREAMID);
    }

    @Test
    void withoutSubstreamsS1cdmaxIsIgnored() {
        Guest none = new Guest(
                Smmuv3Capabilities.everything().toBuilder()
                        .set(IdField.SSIDSIZE, 0)
                        .build(),
                CacheGeometry.OFF);
        none.stream(Guest.STREAM, table(3, 0, 0));
        long root = none.table();
        none.map(root, 1, VA, 0x5000_0000L | Guest.PAGE);
        Words.context(root).cd().writeTo(none.memory, Guest.CONTEXTS);
        none.expectPa(VA, 0x5000_0000L);
    }

    @Test
    void aSubstreamSelectsItsContext() {
        guest.stream(Guest.STREAM, table(5, 0, 0));
        context(Guest.CONTEXTS + 31 * 64, 0x5100_0000L);
        expect(31, 0x5100_0000L);
        EventRecord record = guest.fault(of(32), EventType.C_BAD_SUBSTREAMID);
        assertThat(record.substreamId()).isEqualTo(32);
    }

    @Test
    void theTableIsAlignedToItsSize() {
        guest.stream(Guest.STREAM, table(5, 0, 0).put(0, StreamTableEntry.S1CONTEXTPTR, Guest.CONTEXTS + 0x7C0));
        context(Guest.CONTEXTS + 64, 0x5100_0000L);
        expect(1, 0x5100_0000L);
    }

    @Test
    void substreamZeroIsDisabledWhereItStandsForNone() {
        guest.stream(Guest.STREAM, table(5, 0, SUBSTREAMS));
        context(Guest.CONTEXTS, 0x5200_0000L);
        guest.expectPa(VA, 0x5200_0000L);
        EventRecord record = guest.fault(of(0), EventType.F_STREAM_DISABLED);
        assertThat(record.ssv()).isTrue();
        assertThat(record.substreamId()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"0", "3"})
    void transactionsWithoutASubstreamAreTerminated(int whenNone) {
        guest.stream(Guest.STREAM, table(5, 0, whenNone));
        context(Guest.CONTEXTS, 0x5200_0000L);
        EventRecord record = guest.fault(VA, EventType.F_STREAM_DISABLED);
        assertThat(record.ssv()).isFalse();
        expect(0, 0x5200_0000L);
    }

    @Test
    void transactionsWithoutASubstreamBypassStageOne() {
        guest.stream(Guest.STREAM, table(5, 0, BYPASS));
        guest.expectPa(0xABC_DEF0L, 0xABC_DEF0L);
        guest.fault(1L << 52, EventType.F_ADDR_SIZE);
    }

    @Test
    void aTwoLevelTableOfSmallLeavesHasSixtyFourContextsEach() {
        long leaf = Guest.CONTEXTS + 0x1000;
        guest.stream(Guest.STREAM, table(8, 1, 0));
        guest.memory.store64(Guest.CONTEXTS + 2 * 8, leaf | 1);
        context(leaf + 5 * 64, 0x5300_0000L);
        expect(0x85, 0x5300_0000L);
    }

    @Test
    void aTwoLevelTableOfLargeLeavesTakesSixtyFourKibAlignment() {
        long leaf = Guest.CONTEXTS + 0x1_0000;
        guest.stream(Guest.STREAM, table(12, 2, 0));
        guest.memory.store64(Guest.CONTEXTS + 8, leaf | 0xF000 | 1);
        context(leaf + 0x3FF * 64, 0x5400_0000L);
        expect(0x7FF, 0x5400_0000L);
    }

    @Test
    void anInvalidLevelOneDescriptorIsABadSubstream() {
        guest.stream(Guest.STREAM, table(8, 1, SUBSTREAMS));
        EventRecord record = guest.fault(of(0x40), EventType.C_BAD_SUBSTREAMID);
        assertThat(record.substreamId()).isEqualTo(0x40);
        assertThat(guest.fault(VA, EventType.C_BAD_SUBSTREAMID).dw0()).isEqualTo(0x1_0000_0008L);
    }

    @Test
    void aLevelTwoPointerBeyondTheAddressSizeIsABadSubstream() {
        guest.stream(Guest.STREAM, table(8, 1, 0));
        guest.memory.store64(Guest.CONTEXTS, 1L << 52 | 1);
        guest.fault(of(1), EventType.C_BAD_SUBSTREAMID);
    }

    @Test
    void aContextTheBusDoesNotAnswerIsAFetchFaultWithItsAddressInTheLastWord() {
        guest.stream(Guest.STREAM, Words.stage1(0x9000_0000L));
        EventRecord record = guest.fault(0x77, EventType.F_CD_FETCH);
        assertThat(record.dw3()).isEqualTo(0x9000_0000L);
        assertThat(record.dw2()).isZero();
        assertThat(record.dw1()).isZero();
    }

    @Test
    void anIllegalContextIsABadContext() {
        guest.stream(Guest.STREAM, Words.stage1(Guest.CONTEXTS));
        EventRecord record = guest.fault(0x77, EventType.C_BAD_CD);
        assertThat(record.dw1() | record.dw2() | record.dw3()).isZero();
    }
}
