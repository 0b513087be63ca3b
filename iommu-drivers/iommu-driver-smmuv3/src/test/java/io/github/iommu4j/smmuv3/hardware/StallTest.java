package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.EventType;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** IHI 0070 §3.12 and §5.5: who stalls, what is recorded, and how it ends. */
class StallTest {

    private static final int STREAM = StallBoard.STREAM;
    private static final long VA = StallBoard.VA;

    private final StallBoard board = new StallBoard();

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0, RAZ_WI, 0, false", "0, 1, 0, RAZ_WI, 1, false", "1, 0, 0, ABORT, 0, false",
                "1, 1, 0, ABORT, 1, false",
        "0, 0, 1, STALL, 1, true", "0, 1, 1, STALL, 1, true", "1, 0, 1, STALL, 1, true", "1, 1, 1, STALL, 1, true"
    })
    void stage1FaultsFollowTheContext(int a, int r, int s, FaultResponse response, int records, boolean stall) {
        board.context(Words.context(StallBoard.TABLES)
                .set(0, ContextDescriptor.A, a)
                .set(0, ContextDescriptor.R, r)
                .set(0, ContextDescriptor.S, s));
        long answer = board.smmu.translate(STREAM, VA, Access.READ);
        assertThat(Translations.response(answer)).isEqualTo(response);
        assertThat(Translations.faultCode(answer)).isEqualTo(EventType.F_TRANSLATION.number());
        assertThat(Translations.isRecorded(answer)).isEqualTo(records == 1);
        assertThat(Translations.isStalled(answer)).isEqualTo(stall);
        List<EventRecord> events = board.drain();
        assertThat(events).hasSize(records);
        assertThat(events).allMatch(record -> record.stall() == stall);
    }

    @ParameterizedTest
    @CsvSource({"0, 0, ABORT, 0", "0, 1, ABORT, 1", "1, 0, STALL, 1", "1, 1, STALL, 1"})
    void stage2FaultsFollowTheStreamTableEntry(int s2s, int s2r, FaultResponse response, int records) {
        board.stream(
                STREAM,
                Words.stage2(StallBoard.STAGE2)
                        .set(2, StreamTableEntry.S2S, s2s)
                        .set(2, StreamTableEntry.S2R, s2r));
        long answer = board.smmu.translate(STREAM, VA, Access.WRITE);
        assertThat(Translations.response(answer)).isEqualTo(response);
        List<EventRecord> events = board.drain();
        assertThat(events).hasSize(records);
        assertThat(events).allMatch(record -> record.s2() && record.stall() == (s2s == 1));
    }

    @Test
    void aStage2FaultOfAContextFetchStallsAsTheStreamTableEntrySays() {
        board.stream(STREAM, Words.nested(0x1_0000, StallBoard.STAGE2).set(2, StreamTableEntry.S2S, 1));
        assertThat(board.stalled(STREAM, VA).name()).isEqualTo("F_TRANSLATION");
        EventRecord record = board.drain().get(0);
        assertThat(record.stall() && record.s2()).isTrue();
        assertThat(record.eventClass()).isEqualTo(EventRecord.CLASS_CD);
    }

    @Test
    void aStage1FaultOfANestedStreamFollowsTheContext() {
        board.memory.store64(StallBoard.STAGE2, Guest.BLOCK2);
        board.stream(STREAM, Words.nested(StallBoard.CONTEXT, StallBoard.STAGE2));
        assertThat(board.stalled(STREAM, VA).recorded()).isTrue();
        assertThat(board.drain().get(0).s2()).isFalse();
    }

    @Test
    void addressesBeyondABypassNeverStall() {
        board.stream(STREAM, Words.stage2(StallBoard.STAGE2).set(2, StreamTableEntry.S2S, 1));
        Translation answer = board.read(STREAM, 1L << 52);
        assertThat(answer).isEqualTo(new Translation.Fault(0x11, "F_ADDR_SIZE", FaultResponse.ABORT, true));
        assertThat(board.drain().get(0).stall()).isFalse();
    }

    @Test
    void configurationErrorsNeverStall() {
        board.context(StallBoard.stalling().set(0, ContextDescriptor.V, 0));
        assertThat(board.read(STREAM, VA))
                .isEqualTo(new Translation.Fault(0x0A, "C_BAD_CD", FaultResponse.ABORT, true));
    }

    @Test
    void aRecordNamesItsTransactionByATag() {
        Translation.Stalled first = board.stalled(STREAM, VA);
        Translation.Stalled second = board.stalled(2, VA);
        assertThat(first).isEqualTo(new Translation.Stalled(0, 0x10, "F_TRANSLATION", true));
        assertThat(second.tag()).isEqualTo(1);
        assertThat(board.drain()).extracting(EventRecord::stag).containsExactly(0, 1);
        assertThat(board.ends).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"0, 0, RAZ_WI", "1, 0, RETRY", "2, 0, ABORT", "3, 0, RETRY", "0, 1, ABORT", "1, 1, RETRY", "2, 1, ABORT"
    })
    void softwareDecidesWhatBecomesOfIt(int decision, int termModel, String outcome) {
        StallBoard own = StallBoard.with(IdField.TERM_MODEL, termModel);
        int tag = own.stalled(STREAM, VA).tag();
        own.resume(STREAM, tag, decision);
        assertThat(own.ends).containsExactly("1 " + tag + " " + outcome);
    }

    @Test
    void aRetryAfterTheTableWasMendedTranslates() {
        int tag = board.stalled(STREAM, VA).tag();
        board.map();
        board.resume(STREAM, tag, 1);
        assertThat(board.ends).containsExactly("1 0 RETRY");
        assertThat(((Translation.Ok) board.read(STREAM, VA)).pa()).isEqualTo(0x5000_0000L);
    }

    /** Pitfall 88. */
    @Test
    void aRetryWithoutMendingStallsAgainUnderANewTag() {
        board.onEnd = () -> board.stalled(STREAM, VA);
        board.resume(STREAM, board.stalled(STREAM, VA).tag(), 1);
        assertThat(board.drain()).extracting(EventRecord::stag).containsExactly(0, 1);
        assertThat(board.ends).hasSize(1);
    }

    /** Pitfall 87. */
    @Test
    void whatDoesNotMatchHasNoEffectAndIsNoError() {
        int tag = board.stalled(STREAM, VA).tag();
        board.resume(2, tag, 1);
        board.resume(STREAM, tag + 1, 1);
        assertThat(board.ends).isEmpty();
        assertThat(board.read(SmmuRegister.GERROR)).isZero();
        board.resume(STREAM, tag, 1);
        board.resume(STREAM, tag, 1);
        assertThat(board.ends).as("and only once").hasSize(1);
    }

    @Test
    void stallTermEndsAllOfAStreamAndNobodyElses() {
        board.stalled(STREAM, VA);
        board.stalled(2, VA);
        board.stalled(STREAM, VA + 0x1000);
        board.terminate(STREAM);
        assertThat(board.ends).containsExactlyInAnyOrder("1 0 ABORT", "1 2 ABORT");
        board.terminate(2);
        assertThat(board.ends).hasSize(3).contains("2 1 ABORT");
    }

    @Test
    void disablingTheSmmuAbortsEverything() {
        board.stalled(STREAM, VA);
        board.stalled(2, VA);
        board.onEnd = () ->
                assertThat(board.read(SmmuRegister.CR0ACK) & 1).as("not yet").isEqualTo(1);
        board.write(SmmuRegister.CR0, 0xC);
        assertThat(board.read(SmmuRegister.CR0ACK)).isEqualTo(0xC);
        assertThat(board.ends).containsExactlyInAnyOrder("1 0 ABORT", "2 1 ABORT");
        board.resume(STREAM, 0, 1);
        assertThat(board.ends).hasSize(2);
    }

    @Test
    void aResetAbortsEverything() {
        board.stalled(STREAM, VA);
        board.smmu.reset();
        assertThat(board.ends).containsExactly("1 0 ABORT");
    }

    @Test
    void invalidationsLeaveRecordedStallsAlone() {
        board.stalled(STREAM, VA);
        board.submit(
                Command.of(CommandOpcode.CFGI_STE).with0(Command.STREAM_ID, STREAM),
                Command.of(CommandOpcode.TLBI_NSNH_ALL),
                Command.of(CommandOpcode.SYNC));
        assertThat(board.ends).isEmpty();
        board.resume(STREAM, 0, 2);
        assertThat(board.ends).containsExactly("1 0 ABORT");
    }

    @Test
    void prefetchesNeverStall() {
        board.submit(Command.of(CommandOpcode.PREFETCH_ADDR)
                .with0(Command.STREAM_ID, STREAM)
                .with1(Command.ADDRESS, VA >>> 12));
        assertThat(board.drain()).isEmpty();
        board.terminate(STREAM);
        assertThat(board.ends).isEmpty();
    }

    @Test
    void tagsAreReusedAsLateAsPossible() {
        for (int round = 0; round < 5; round++) {
            int tag = board.stalled(STREAM, VA).tag();
            assertThat(tag).isEqualTo(round);
            board.resume(STREAM, tag, 2);
            board.drain();
        }
    }

    @Test
    void anExplanationShowsTheStallAndHoldsNothing() {
        Explanation explanation = board.smmu.explain(DmaRequest.read(STREAM, VA));
        assertThat(explanation.result()).isEqualTo(new Translation.Stalled(0, 0x10, "F_TRANSLATION", true));
        assertThat(explanation.conclusion()).contains("stalls (§3.12)");
        assertThat(EventRecord.STALL.isSet(explanation.event().get(1))).isTrue();
        assertThat(board.drain()).isEmpty();
        board.terminate(STREAM);
        assertThat(board.ends).isEmpty();
    }

    @Test
    void whereStallsAreForcedEveryTranslationFaultStalls() {
        StallBoard forced = StallBoard.with(IdField.STALL_MODEL, 2);
        assertThat(forced.stalled(STREAM, VA).recorded()).isTrue();
        forced.context(Words.context(StallBoard.TABLES));
        assertThat(forced.read(STREAM, VA)).isInstanceOf(Translation.Fault.class);
        assertThat(forced.drain()).extracting(EventRecord::number).containsExactly(0x10, 0x0A);
    }
}
