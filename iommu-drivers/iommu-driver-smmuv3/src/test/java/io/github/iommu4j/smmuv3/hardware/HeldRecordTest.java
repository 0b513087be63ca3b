package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.smmuv3.hardware.StalledTransactions.Waiting;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.GlobalError;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** IHI 0070 §7.2.1 and §3.12: stall records that the queue does not take, and accesses that find no room. */
class HeldRecordTest {

    private static final int STREAM = StallBoard.STREAM;
    private static final long VA = StallBoard.VA;

    private final StallBoard board = new StallBoard(1, UnaryOperator.identity(), StallRecording.EVERY);

    private void stall(int count) {
        for (int i = 0; i < count; i++) {
            board.stalled(STREAM, VA + 0x1000L * i);
        }
    }

    /** Pitfall 24. */
    @Test
    void aFullQueueHoldsStallRecordsBackAndDoesNotOverflow() {
        stall(2);
        Translation.Stalled third = board.stalled(2, VA);
        assertThat(third).isEqualTo(new Translation.Stalled(2, 0x10, "F_TRANSLATION", false));
        assertThat(board.overflowed()).isFalse();
        assertThat(board.drain()).extracting(EventRecord::stag).containsExactly(0, 1);
        assertThat(board.drain()).extracting(EventRecord::stag).containsExactly(2);
    }

    @Test
    void heldRecordsAreWrittenInOrderBeforeLaterOnes() {
        stall(5);
        assertThat(board.drain()).extracting(EventRecord::stag).containsExactly(0, 1);
        board.stalled(2, VA);
        assertThat(board.drain()).extracting(EventRecord::stag).containsExactly(2, 3);
        assertThat(board.drain()).extracting(EventRecord::stag).containsExactly(4, 5);
        assertThat(board.drain()).isEmpty();
    }

    @Test
    void anotherFaultOverflowsWhileStallsAreHeld() {
        stall(3);
        board.smmu.translate(5, VA, Access.READ);
        assertThat(board.overflowed()).isTrue();
        assertThat(board.drain()).hasSize(2);
        assertThat(board.drain()).extracting(EventRecord::stag).containsExactly(2);
    }

    @Test
    void aDisabledQueueHoldsThemUntilItIsEnabled() {
        board.write(SmmuRegister.CR0, 0x9);
        assertThat(board.stalled(STREAM, VA).recorded()).isFalse();
        assertThat(board.read(SmmuRegister.EVENTQ_PROD)).isZero();
        board.write(SmmuRegister.CR0, 0xD);
        assertThat(board.ends).as("CR0 changed nothing of the translation").isEmpty();
        assertThat(board.drain()).extracting(EventRecord::stag).containsExactly(0);
    }

    @Test
    void anAbortedWriteHoldsThemUntilTheErrorIsAcknowledged() {
        Bench bench = benchWithOneHeld();
        bench.brokenPages.add(Bench.EVENTS >>> 12);
        bench.stalls.flush();
        assertThat(bench.isActive(GlobalError.EVENTQ_ABT_ERR)).isTrue();
        bench.brokenPages.clear();
        bench.stalls.flush();
        assertThat(bench.read(SmmuRegister.EVENTQ_PROD)).isZero();
        bench.acknowledgeErrors();
        bench.stalls.flush();
        assertThat(bench.read(SmmuRegister.EVENTQ_PROD)).isEqualTo(1);
        assertThat(bench.recordAt(0).streamId()).isEqualTo(7);
    }

    private static Bench benchWithOneHeld() {
        Bench bench = new Bench().withEventQueue(2).withCommandQueue(4);
        hold(bench, 7);
        return bench;
    }

    private static Waiting hold(Bench bench, long streamId) {
        return Objects.requireNonNull(
                bench.stalls.hold(bench.epoch.now(), 0x10L | streamId << 32, EventRecord.STALL.mask(), 0, 0));
    }

    /** Software sees the record before the SMMU has booked that it was written. */
    @Test
    void aStallCanBeResumedAsSoonAsItsRecordIsVisible() {
        Bench bench = benchWithOneHeld();
        bench.beforeStore = () -> bench.stalls.resume(7, 0, Endpoints.Resumption.RETRY);
        bench.stalls.flush();
        assertThat(bench.log).containsExactly("resume 0x7 0 RETRY");
        assertThat(bench.recordAt(0).streamId()).isEqualTo(7);
    }

    @Test
    void aTagIsNotReusedWhileItsRecordIsBeingWritten() {
        Bench bench = benchWithOneHeld();
        bench.beforeStore = () -> {
            bench.beforeStore = () -> {};
            bench.stalls.terminate(7);
            for (int i = 1; i < 1 << 16; i++) {
                hold(bench, 8);
            }
            assertThat(hold(bench, 8).tag).isEqualTo(Waiting.NO_TAG);
        };
        bench.stalls.flush();
        assertThat(hold(bench, 8).tag).isZero();
    }

    @Test
    void whatBecomesWritableWhileARecordIsTriedIsTriedAgain() {
        Bench bench = benchWithOneHeld();
        bench.brokenPages.add(Bench.EVENTS >>> 12);
        bench.beforeStore = () -> {
            bench.beforeStore = () -> {};
            bench.stalls.flush();
        };
        bench.stalls.flush();
        assertThat(bench.isActive(GlobalError.EVENTQ_ABT_ERR)).isTrue();
        assertThat(bench.log).isEmpty();
        bench.stalls.terminate(7);
        assertThat(bench.log).containsExactly("resume 0x7 0 ABORT");
    }

    @Test
    void aHeldRecordThatWasOvertakenByAnInvalidationIsRetriedInstead() {
        stall(3);
        board.submit(Command.of(CommandOpcode.TLBI_NSNH_ALL), Command.of(CommandOpcode.SYNC));
        assertThat(board.ends).as("no room, no news").isEmpty();
        assertThat(board.drain()).hasSize(2);
        assertThat(board.ends).containsExactly("1 2 RETRY");
        assertThat(board.drain()).as("a stale record never appears").isEmpty();
    }

    @Test
    void softwareCannotResumeWhatItDoesNotKnow() {
        stall(3);
        board.resume(STREAM, 2, 1);
        assertThat(board.ends).isEmpty();
        board.drain();
        board.drain();
        board.resume(STREAM, 2, 1);
        assertThat(board.ends).containsExactly("1 2 RETRY");
    }

    @Test
    void stallTermDropsHeldRecordsOfTheStream() {
        stall(3);
        board.stalled(2, VA);
        board.terminate(STREAM);
        assertThat(board.ends).containsExactlyInAnyOrder("1 0 ABORT", "1 1 ABORT", "1 2 ABORT");
        board.drain();
        assertThat(board.drain()).extracting(EventRecord::streamId).containsExactly(2);
    }

    @Test
    void anAccessBeyondStallMaxWaitsForASlot() {
        StallBoard narrow = StallBoard.with(IdField.STALL_MAX, 2);
        narrow.stalled(STREAM, VA);
        narrow.stalled(2, VA);
        assertThat(narrow.stalled(3, VA)).isEqualTo(new Translation.Stalled(2, 0x10, "F_TRANSLATION", false));
        assertThat(narrow.drain()).extracting(EventRecord::stag).containsExactly(0, 1);
        narrow.resume(3, 2, 1);
        assertThat(narrow.ends).as("it has not arrived").isEmpty();
        narrow.resume(2, 1, 2);
        assertThat(narrow.ends).containsExactly("2 1 ABORT");
        assertThat(narrow.drain()).extracting(EventRecord::stag).containsExactly(2);
        narrow.resume(3, 2, 1);
        assertThat(narrow.ends).containsExactly("2 1 ABORT", "3 2 RETRY");
    }

    @Test
    void anAccessThatWaitedForASlotWhileSomethingWasInvalidatedTriesAgain() {
        StallBoard narrow = StallBoard.with(IdField.STALL_MAX, 1);
        narrow.stalled(STREAM, VA);
        narrow.stalled(2, VA);
        narrow.submit(Command.of(CommandOpcode.TLBI_NSNH_ALL));
        narrow.resume(STREAM, 0, 2);
        assertThat(narrow.ends).containsExactly("1 0 ABORT", "2 1 RETRY");
        assertThat(narrow.drain()).hasSize(1);
    }

    @Test
    void anAccessThatWaitsForASlotWhenTheSmmuIsDisabledArrivesAnew() {
        StallBoard narrow = StallBoard.with(IdField.STALL_MAX, 1);
        narrow.stalled(STREAM, VA);
        narrow.stalled(2, VA);
        narrow.write(SmmuRegister.CR0, 0xC);
        assertThat(narrow.ends).containsExactly("1 0 ABORT", "2 1 RETRY");
        assertThat(narrow.read(2, VA)).isInstanceOf(Translation.Ok.class);
    }

    @Test
    void stallTermLetsThoseWhoWaitedForASlotIn() {
        StallBoard narrow = StallBoard.with(IdField.STALL_MAX, 1);
        narrow.stalled(STREAM, VA);
        narrow.stalled(STREAM, VA + 0x1000);
        narrow.terminate(STREAM);
        assertThat(narrow.ends).containsExactly("1 0 ABORT");
        assertThat(narrow.drain()).extracting(EventRecord::stag).containsExactly(0, 1);
    }

    @Test
    void withEveryTagTakenAnAccessIsTerminated() {
        StallBoard wide = StallBoard.with(IdField.STALL_MAX, 0xFFFF);
        for (int i = 0; i < 1 << 16; i++) {
            assertThat(wide.stalled(STREAM, VA).tag()).isEqualTo(i);
            wide.drain();
        }
        assertThat(wide.read(STREAM, VA))
                .isEqualTo(new Translation.Fault(0x10, "F_TRANSLATION", FaultResponse.ABORT, true));
        assertThat(wide.drain()).allMatch(record -> !record.stall());
        wide.resume(STREAM, 7, 2);
        wide.drain();
        assertThat(wide.stalled(STREAM, VA).tag()).isEqualTo(7);
    }

    @Test
    void duplicatesAreRecordedUnlessAskedOtherwise() {
        stall(1);
        board.stalled(STREAM, VA + 8);
        assertThat(board.drain()).hasSize(2);
    }

    @Test
    void aDuplicateIsNotRecordedAndTriesAgainWithTheFirst() {
        StallBoard quiet = new StallBoard(2, UnaryOperator.identity(), StallRecording.FIRST_OF_A_PAGE);
        quiet.stalled(STREAM, VA);
        assertThat(quiet.stalled(STREAM, VA + 8)).isEqualTo(new Translation.Stalled(1, 0x10, "F_TRANSLATION", false));
        assertThat(quiet.drain()).extracting(EventRecord::stag).containsExactly(0);
        quiet.resume(STREAM, 1, 2);
        assertThat(quiet.ends).as("software does not know it").isEmpty();
        quiet.resume(STREAM, 0, 2);
        assertThat(quiet.ends).containsExactly("1 0 ABORT", "1 1 RETRY");
        assertThat(quiet.stalled(STREAM, VA + 8).recorded())
                .as("now it is the first")
                .isTrue();
    }

    @Test
    void whatDiffersInPageStreamPrivilegeOrDirectionIsNoDuplicate() {
        StallBoard quiet = new StallBoard(4, UnaryOperator.identity(), StallRecording.FIRST_OF_A_PAGE);
        quiet.stalled(STREAM, VA);
        quiet.stalled(STREAM, VA + 0x1000);
        quiet.stalled(2, VA);
        quiet.smmu.translate(DmaRequest.write(STREAM, VA));
        quiet.smmu.translate(DmaRequest.read(STREAM, VA).privileged());
        quiet.smmu.translate(DmaRequest.of(STREAM, VA, Access.EXECUTE));
        assertThat(quiet.drain()).hasSize(6);
    }

    @Test
    void stallTermAbortsDuplicatesToo() {
        StallBoard quiet = new StallBoard(2, UnaryOperator.identity(), StallRecording.FIRST_OF_A_PAGE);
        quiet.stalled(STREAM, VA);
        quiet.stalled(STREAM, VA);
        quiet.terminate(STREAM);
        assertThat(quiet.ends).containsExactlyInAnyOrder("1 0 ABORT", "1 1 ABORT");
    }

    @Test
    void aDriverTakesAStreamDownAsTheSpecificationSays() {
        stall(3);
        board.memory.store64(StallBoard.STREAMS + (long) STREAM * StreamTableEntry.SIZE, 1);
        board.submit(
                Command.of(CommandOpcode.CFGI_STE).with0(Command.STREAM_ID, STREAM),
                Command.of(CommandOpcode.SYNC),
                Command.of(CommandOpcode.STALL_TERM).with0(Command.STREAM_ID, STREAM),
                Command.of(CommandOpcode.SYNC));
        assertThat(board.ends).hasSize(3);
        assertThat(board.drain()).extracting(EventRecord::stag).containsExactly(0, 1);
        board.resume(STREAM, 0, 1);
        assertThat(board.ends).as("the tags are dead").hasSize(3);
        assertThat(board.drain()).isEmpty();
        assertThat(board.read(STREAM, VA)).isInstanceOf(Translation.Fault.class);
    }
}
