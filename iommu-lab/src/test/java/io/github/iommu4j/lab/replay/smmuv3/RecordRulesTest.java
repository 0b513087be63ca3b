package io.github.iommu4j.lab.replay.smmuv3;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.EventType;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class RecordRulesTest {

    private static final EventRecord STAGE_1 = EventRecord.of(EventType.F_TRANSLATION, 0x38)
            .with(EventRecord.RNW, 1)
            .with(EventRecord.CLASS, EventRecord.CLASS_IN)
            .withInputAddress(0x26eb4fff8fc8L);

    private static final EventRecord STAGE_2 = EventRecord.of(EventType.F_PERMISSION, 0x21)
            .with(EventRecord.RNW, 1)
            .with(EventRecord.S2, 1)
            .with(EventRecord.CLASS, EventRecord.CLASS_IN)
            .withInputAddress(0xffb77cb8L)
            .withIpa(0xffb77000L);

    private static final EventRecord TABLE = EventRecord.of(EventType.F_TRANSLATION, 0x30)
            .with(EventRecord.S2, 1)
            .with(EventRecord.CLASS, EventRecord.CLASS_TT)
            .withInputAddress(0x600000)
            .withIpa(0x30003000);

    private static final EventRecord CD_FETCH =
            EventRecord.of(EventType.F_CD_FETCH, 0x78).withFetchAddress(0x4000000000L);

    @Test
    void equalRecordsNeedNoRule() {
        assertThat(RecordRules.explain(STAGE_1, STAGE_1)).contains(List.of());
    }

    @Test
    void classZeroOfAnInputFaultIsRecognised() {
        assertThat(RecordRules.explain(STAGE_1, STAGE_1.with(EventRecord.CLASS, 0)))
                .contains(List.of(ReferenceDeviation.INPUT_CLASS_IS_ZERO));
    }

    @Test
    void classZeroOfAStage2FaultIsADifference() {
        assertThat(RecordRules.explain(STAGE_2, STAGE_2.with(EventRecord.CLASS, 0)))
                .isEmpty();
    }

    @Test
    void classOneOfAnInputFaultIsADifference() {
        assertThat(RecordRules.explain(STAGE_1, STAGE_1.with(EventRecord.CLASS, 1)))
                .isEmpty();
    }

    @Test
    void keptPageOffsetOfAnInputFaultMustBeTheInputAddresss() {
        assertThat(RecordRules.explain(STAGE_2, RecordFields.withDw3(STAGE_2, 0xffb77cb8L)))
                .contains(List.of(ReferenceDeviation.IPA_KEEPS_PAGE_OFFSET));
        assertThat(RecordRules.explain(STAGE_2, RecordFields.withDw3(STAGE_2, 0xffb77cb0L)))
                .isEmpty();
    }

    @Test
    void anotherPageInTheIpaIsADifference() {
        assertThat(RecordRules.explain(STAGE_2, RecordFields.withDw3(STAGE_2, 0xffb76cb8L)))
                .isEmpty();
    }

    @Test
    void tableFaultMayLackS2AndNameTheTable() {
        EventRecord theirs = RecordFields.withDw3(TABLE.with(EventRecord.S2, 0), 0x30000000L);
        assertThat(RecordRules.explain(TABLE, theirs))
                .contains(List.of(ReferenceDeviation.TABLE_FAULT_WITHOUT_S2, ReferenceDeviation.IPA_OF_TABLE_BASE));
    }

    @Test
    void tableFarFromItsDescriptorIsADifference() {
        assertThat(RecordRules.explain(TABLE, RecordFields.withDw3(TABLE, 0x2fff0000L)))
                .isEmpty();
        assertThat(RecordRules.explain(TABLE, RecordFields.withDw3(TABLE, 0x30004000L)))
                .isEmpty();
    }

    @Test
    void structureFaultOfAWriteMayBeRecordedAsRead() {
        assertThat(RecordRules.explain(TABLE, TABLE.with(EventRecord.RNW, 1)))
                .contains(List.of(ReferenceDeviation.STRUCTURE_FETCH_RECORDED_AS_READ));
    }

    @Test
    void inputFaultOfAReadRecordedAsWriteIsADifference() {
        assertThat(RecordRules.explain(STAGE_1, STAGE_1.with(EventRecord.RNW, 0)))
                .isEmpty();
        assertThat(RecordRules.explain(STAGE_1.with(EventRecord.RNW, 0), STAGE_1))
                .isEmpty();
    }

    @Test
    void misplacedAddressOfAnSteFetchIsRecognisedButOfNoOtherRecord() {
        EventRecord fetch = EventRecord.of(EventType.F_STE_FETCH, 0x78).withFetchAddress(0x4000000000L);
        EventRecord theirs = new EventRecord(fetch.dw0(), 0, 0x4000000000L, 0);
        assertThat(RecordRules.explain(fetch, theirs)).contains(List.of(ReferenceDeviation.FETCH_ADDRESS_MISPLACED));
        EventRecord walk = EventRecord.of(EventType.F_WALK_EABT, 0x78).withFetchAddress(0x4000000000L);
        assertThat(RecordRules.explain(walk, new EventRecord(walk.dw0(), 0, 0x4000000000L, 0)))
                .isEmpty();
    }

    @Test
    void misplacedAddressOfACdFetchIsRecognised() {
        EventRecord theirs = new EventRecord(CD_FETCH.dw0(), CD_FETCH.dw1(), 0x4000000000L, 0);
        assertThat(RecordRules.explain(CD_FETCH, theirs)).contains(List.of(ReferenceDeviation.FETCH_ADDRESS_MISPLACED));
        assertThat(RecordRules.explain(CD_FETCH, theirs.withInputAddress(0x4000000040L)))
                .isEmpty();
    }

    @Property
    void aFlippedBitOutsideTheRulesIsNeverExplained(
            @ForAll @IntRange(min = 0, max = 3) int word, @ForAll @IntRange(min = 0, max = 63) int bit) {
        for (EventRecord ours : List.of(STAGE_1, STAGE_2, TABLE, CD_FETCH)) {
            EventRecord theirs = flip(ours, word, bit);
            Optional<List<ReferenceDeviation>> explained = RecordRules.explain(ours, theirs);
            assertThat(explained.isPresent())
                    .as("%s against %s: %s", ours, theirs, explained)
                    .isEqualTo(isAllowed(ours, word, bit));
        }
    }

    /** The single bits that a rule may explain, spelt out once more. */
    private static boolean isAllowed(EventRecord ours, int word, int bit) {
        boolean dw1 = word == 1;
        if (ours.equals(STAGE_1)) {
            return dw1 && bit == 41;
        }
        if (ours.equals(TABLE)) {
            boolean keptOffset = word == 3 && bit >= 3 && bit < 12;
            boolean tableBase = word == 3 && (bit == 12 || bit == 13);
            return keptOffset || tableBase || dw1 && (bit == 39 || bit == 35);
        }
        return false;
    }

    private static EventRecord flip(EventRecord record, int word, int bit) {
        long mask = 1L << bit;
        return new EventRecord(
                record.dw0() ^ (word == 0 ? mask : 0),
                record.dw1() ^ (word == 1 ? mask : 0),
                record.dw2() ^ (word == 2 ? mask : 0),
                record.dw3() ^ (word == 3 ? mask : 0));
    }
}
