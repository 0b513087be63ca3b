package io.github.iommu4j.testkit.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.InvalidateRequest;
import io.github.iommu4j.api.dma.PageRequestMessage;
import io.github.iommu4j.api.dma.PrgResponse;
import io.github.iommu4j.api.dma.PrgResponse.Code;
import io.github.iommu4j.api.dma.Privilege;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.core.memory.SparseMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FakeDeviceTest {

    private static final int STREAM = 5;
    private static final InvalidateRequest ALL = new InvalidateRequest(STREAM, -1, 0, InvalidateRequest.EVERYTHING);

    private final SparseMemory memory = new SparseMemory();
    private final ScriptedUnit unit = new ScriptedUnit();
    private final List<String> completed = new ArrayList<>();

    private FakeDevice plain() {
        return FakeDevice.builder(unit, memory, STREAM).build();
    }

    private FakeDevice.Builder withCache(int capacity) {
        return FakeDevice.builder(unit, memory, STREAM)
                .translationCache(capacity, (request, reply) -> completed.add(request + " " + reply));
    }

    private FakeDevice asking(int tries) {
        return withCache(4).pageRequests(unit, tries).build();
    }

    private static DmaTransfer run(FakeDevice device, DmaSegment... segments) {
        return device.run(DmaJob.of(segments));
    }

    @Test
    void aScatterListIsDoneByteByByte() {
        unit.map(1, 0x9000, 3).map(2, 0x7000, 3).map(3, 0x5000, 3);
        MemoryBytes.write(memory, 0x9FFE, new byte[] {1, 2});
        MemoryBytes.write(memory, 0x7000, new byte[] {3, 4});
        DmaTransfer transfer = run(
                plain(),
                DmaSegment.read(0x1FFE, 4),
                DmaSegment.read(0, 0),
                DmaSegment.copy(0x1FFE, 0x3FFD, 3),
                DmaSegment.write(0x2004, new byte[] {9, 8}),
                DmaSegment.read(0x2004, 2));
        assertThat(transfer).hasToString("DONE after 11 bytes");
        assertThat(transfer.data()).containsExactly(1, 2, 3, 4, 9, 8);
        assertThat(MemoryBytes.read(memory, 0x5FFD, 3)).containsExactly(1, 2, 3);
    }

    @Test
    void aTransferEndsAtTheFirstPieceThatFaults() {
        unit.map(1, 0x9000, 1);
        DmaTransfer transfer = run(plain(), DmaSegment.read(0x1FF0, 0x20), DmaSegment.read(0x1000, 4));
        assertThat(transfer.state()).isEqualTo(DmaTransfer.State.FAILED);
        assertThat(transfer.bytesDone()).isEqualTo(0x10);
        assertThat(transfer.fault().orElseThrow().name()).isEqualTo("NO");
        assertThat(transfer.reason()).contains("READ at 0x2000");
    }

    @Test
    void skippedPiecesReadAsZerosAndAreNotWritten() {
        unit.map(1, 0x9000, 3).map(3, 0x5000, 3);
        MemoryBytes.write(memory, 0x9FFF, new byte[] {7});
        FakeDevice device = plain();
        assertThat(device.read(0x1FFF, 2)).containsExactly(7, 0);
        device.write(0x2FFF, new byte[] {1, 2});
        assertThat(MemoryBytes.read(memory, 0x5000, 1)).containsExactly(2);
    }

    @Test
    void razWiCompletesAnAccess() {
        unit.next.add(new Translation.Fault(1, "NO", FaultResponse.RAZ_WI, false));
        DmaTransfer read = run(plain(), DmaSegment.read(0x1000, 2));
        assertThat(read.state()).isEqualTo(DmaTransfer.State.DONE);
        assertThat(read.data()).containsExactly(0, 0);
        assertThat(read.fault()).isPresent();
    }

    @Test
    void memoryThatDoesNotAnswerEndsATransfer() {
        FakeDevice device = FakeDevice.builder(unit.map(1, 0x9000, 3), SparseMemory.empty(), STREAM)
                .build();
        assertThat(run(device, DmaSegment.read(0x1000, 2)).reason()).contains("nothing answers at 0x9000");
    }

    @Test
    void translationsAreAskedForOnceAndDroppedWhenTold() {
        unit.map(1, 0x9000, 1);
        FakeDevice device = withCache(2).build();
        run(device, DmaSegment.read(0x1000, 2), DmaSegment.read(0x1800, 2));
        assertThat(unit.seen).hasSize(1);
        assertThat(device.translationsCached()).isEqualTo(1);
        assertThat(device.invalidate(new InvalidateRequest(STREAM, 3, 0x1000, 12)))
                .isEqualTo(Endpoints.Reply.COMPLETED);
        assertThat(device.invalidate(new InvalidateRequest(STREAM, -1, 0x2000, 12)))
                .isEqualTo(Endpoints.Reply.COMPLETED);
        assertThat(device.translationsCached()).isEqualTo(1);
        device.invalidate(new InvalidateRequest(STREAM, -1, 0x0000, 14));
        assertThat(device.translationsCached()).isZero();
        run(device, DmaSegment.read(0x1000, 2));
        assertThat(unit.seen).hasSize(2);
        device.dropTranslations();
        assertThat(device.translationsCached()).isZero();
        assertThat(device.staleHits()).isEmpty();
    }

    @Test
    void theLeastRecentlyUsedTranslationGoesFirst() {
        unit.map(1, 0x9000, 1).map(2, 0xA000, 1).map(3, 0xB000, 1);
        FakeDevice device = withCache(2).build();
        run(device, DmaSegment.read(0x1000, 1), DmaSegment.read(0x2000, 1), DmaSegment.read(0x1000, 1));
        run(device, DmaSegment.read(0x3000, 1), DmaSegment.read(0x1000, 1));
        assertThat(unit.seen).hasSize(3);
        run(device, DmaSegment.read(0x2000, 1));
        assertThat(unit.seen).hasSize(4);
        assertThat(device.translationsCached()).isEqualTo(2);
    }

    @Test
    void largeTranslationsServeTheirWholeRegion() {
        unit.next.add(new Translation.Ok(0x4000_0000L, 21, 3, ScriptedUnit.MEMORY));
        FakeDevice device = withCache(2).build();
        MemoryBytes.write(memory, 0x4010_0004L, new byte[] {5});
        assertThat(run(device, DmaSegment.read(0x20_0000, 1), DmaSegment.read(0x30_0004, 1))
                        .data())
                .containsExactly(0, 5);
        device.invalidate(new InvalidateRequest(STREAM, -1, 0x3F_F000, 12));
        assertThat(device.translationsCached()).isZero();
        unit.next.add(new Translation.Ok(0x1234, 63, 7, ScriptedUnit.MEMORY));
        run(device, DmaSegment.read(0x1234, 1), DmaSegment.read(0x4010_0004L, 1));
        assertThat(unit.seen).hasSize(2);
    }

    @Test
    void pasidsAndPrivilegeHaveTranslationsOfTheirOwn() {
        unit.map(1, 0x9000, 1);
        FakeDevice device = withCache(4).build();
        DmaJob job = DmaJob.of(DmaSegment.read(0x1000, 1));
        device.run(job);
        device.run(job.withPasid(3));
        device.run(new DmaJob(3, Privilege.PRIVILEGED, DmaJob.OnFault.STOP, job.segments()));
        assertThat(unit.seen).hasSize(3);
        device.invalidate(new InvalidateRequest(STREAM, 3, 0x1000, 12));
        assertThat(device.translationsCached()).isEqualTo(1);
    }

    @Test
    void aCompletionThatWasDroppedOnItsWayIsAskedForAgain() {
        unit.map(1, 0x9000, 1);
        FakeDevice device = withCache(2).build();
        unit.during = () -> {
            unit.during = () -> {};
            device.invalidate(ALL);
        };
        assertThat(run(device, DmaSegment.read(0x1000, 1)).state()).isEqualTo(DmaTransfer.State.DONE);
        assertThat(unit.seen).hasSize(2);
        assertThat(device.staleHits()).isEmpty();
    }

    @Test
    void aDeviceThatForgetsUsesWhatItDroppedAndIsSeen() {
        unit.map(1, 0x9000, 1);
        FakeDevice device = withCache(2).forgettingInvalidations().build();
        run(device, DmaSegment.read(0x1000, 1));
        device.invalidate(ALL);
        run(device, DmaSegment.read(0x1004, 1));
        assertThat(unit.seen).hasSize(1);
        assertThat(device.staleHits()).containsExactly(new StaleHit(0x1004, 0x9004, ALL));
    }

    @Test
    void invalidationsCanBePutOff() {
        unit.map(1, 0x9000, 1);
        FakeDevice device = withCache(2).build();
        run(device, DmaSegment.read(0x1000, 1));
        device.answerInvalidationsWith(Endpoints.Reply.LATER);
        assertThat(device.invalidate(ALL)).isEqualTo(Endpoints.Reply.LATER);
        assertThat(device.translationsCached()).isZero();
        device.step();
        assertThat(device.outstandingInvalidations()).containsExactly(ALL);
        device.answerInvalidations();
        assertThat(completed).containsExactly(ALL + " COMPLETED");
        assertThat(device.outstandingInvalidations()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = Endpoints.Reply.class,
            names = {"TIMED_OUT", "UNEXPECTED"})
    void aBrokenDeviceDropsNothing(Endpoints.Reply reply) {
        unit.map(1, 0x9000, 1);
        FakeDevice device = withCache(2).build();
        run(device, DmaSegment.read(0x1000, 1));
        device.answerInvalidationsWith(reply);
        assertThat(device.invalidate(ALL)).isEqualTo(reply);
        run(device, DmaSegment.read(0x1000, 1));
        assertThat(unit.seen).hasSize(1);
        assertThat(device.staleHits()).isEmpty();
    }

    @Test
    void missingRightsAreAskedForAsOneGroup() {
        FakeDevice device = asking(1);
        DmaTransfer transfer =
                device.run(DmaJob.of(DmaSegment.write(0x1FFF, new byte[4098])).withPasid(7));
        assertThat(transfer.state()).isEqualTo(DmaTransfer.State.WAITING_FOR_PAGES);
        assertThat(unit.pageRequests)
                .containsExactly(request(0x1000, 0, false), request(0x2000, 0, false), request(0x3000, 0, true));
        unit.map(1, 0x9000, 3).map(2, 0xA000, 3).map(3, 0xB000, 3);
        device.respond(new PrgResponse(STREAM, 7, 0, Code.SUCCESS));
        while (device.step()) {
            Thread.onSpinWait();
        }
        assertThat(transfer.state()).isEqualTo(DmaTransfer.State.DONE);
        assertThat(device.groupsAsked()).isEqualTo(1);
        assertThat(device.groupsAnswered()).isEqualTo(1);
        assertThat(device.unexpectedResponses()).isEmpty();
    }

    private static PageRequestMessage request(long address, int group, boolean last) {
        return new PageRequestMessage(
                STREAM, 7, address, PageRequestMessage.WRITE, Privilege.UNPRIVILEGED, group, last);
    }

    @ParameterizedTest
    @CsvSource({"INVALID, answered with INVALID", "FAILURE, answered with FAILURE"})
    void otherAnswersEndTheTransfer(Code code, String reason) {
        FakeDevice device = asking(3);
        DmaTransfer transfer = run(device, DmaSegment.read(0x1000, 4));
        device.respond(new PrgResponse(STREAM, -1, 0, code));
        device.step();
        assertThat(transfer.reason()).contains(reason);
        DmaTransfer again = run(device, DmaSegment.read(0x1000, 4));
        assertThat(again.state())
                .isEqualTo(code == Code.FAILURE ? DmaTransfer.State.FAILED : DmaTransfer.State.WAITING_FOR_PAGES);
        device.enablePageRequests();
        assertThat(run(device, DmaSegment.read(0x1000, 4)).state()).isEqualTo(DmaTransfer.State.WAITING_FOR_PAGES);
        device.disablePageRequests();
        assertThat(run(device, DmaSegment.read(0x1000, 4)).reason()).contains("no right");
    }

    @Test
    void aDeviceGivesUpAfterSoManyTries() {
        FakeDevice device = asking(2);
        DmaTransfer transfer = run(device, DmaSegment.read(0x1000, 4));
        for (int group = 0; group < 2; group++) {
            device.respond(new PrgResponse(STREAM, -1, group, Code.SUCCESS));
            device.step();
            device.step();
        }
        assertThat(transfer.reason()).contains("no right after 2 tries");
        assertThat(unit.pageRequests).hasSize(2);
    }

    @Test
    void withEveryGroupInUseATransferWaitsForOne() {
        FakeDevice device = asking(1);
        int groups = 512;
        for (int n = 0; n < groups; n++) {
            assertThat(run(device, DmaSegment.read(0x1000, 4)).state()).isEqualTo(DmaTransfer.State.WAITING_FOR_PAGES);
        }
        DmaTransfer transfer = run(device, DmaSegment.read(0x2000, 4));
        assertThat(transfer.state()).isEqualTo(DmaTransfer.State.WAITING_FOR_PAGES);
        assertThat(device.step()).isFalse();
        assertThat(unit.pageRequests).hasSize(groups);
        unit.map(1, 0x9000, 3);
        device.respond(new PrgResponse(STREAM, -1, 77, Code.SUCCESS));
        while (device.step()) {
            Thread.onSpinWait();
        }
        assertThat(transfer.state()).isEqualTo(DmaTransfer.State.WAITING_FOR_PAGES);
        assertThat(unit.pageRequests).hasSize(groups + 1);
        assertThat(unit.pageRequests.get(groups).prgIndex()).isEqualTo(77);
        unit.map(2, 0xA000, 3);
        device.respond(new PrgResponse(STREAM, -1, 77, Code.SUCCESS));
        while (device.step()) {
            Thread.onSpinWait();
        }
        assertThat(transfer.state()).isEqualTo(DmaTransfer.State.DONE);
    }

    @Test
    void invalidationsThatConcernNothingAnyMoreAreForgotten() {
        DeviceTranslations translations = new DeviceTranslations(4, false);
        DeviceTranslations.Key key = new DeviceTranslations.Key(-1, Privilege.UNPRIVILEGED);
        Translation.Ok completion = new Translation.Ok(0x9000, 12, 3, ScriptedUnit.MEMORY);
        long asked = translations.ask();
        DeviceTranslations.Entry entry = new DeviceTranslations.Entry(key, 0x1000, 12, completion, asked);
        translations.release(Objects.requireNonNull(translations.fill(entry, 0x1000)));
        for (int n = 0; n < 100; n++) {
            translations.drop(new InvalidateRequest(STREAM, -1, 0x2000, 12), true);
        }
        assertThat(translations.dropsRemembered()).isLessThan(2);
        long onItsWay = translations.ask();
        translations.drop(new InvalidateRequest(STREAM, -1, 0x3000, 12), true);
        translations.drop(new InvalidateRequest(STREAM, -1, 0x2000, 12), true);
        assertThat(translations.fill(new DeviceTranslations.Entry(key, 0x3000, 12, completion, onItsWay), 0x3000))
                .as("it was dropped while it was under way")
                .isNull();
    }

    @Test
    void answersThatFitNoGroupAreKept() {
        FakeDevice device = asking(2);
        device.respond(new PrgResponse(STREAM, -1, 0, Code.SUCCESS));
        device.run(DmaJob.of(DmaSegment.read(0x1000, 4)).withPasid(7));
        device.respond(new PrgResponse(STREAM, 8, 0, Code.SUCCESS));
        device.respond(new PrgResponse(STREAM, -1, 0, Code.SUCCESS));
        device.respond(new PrgResponse(STREAM, -1, 0, Code.SUCCESS));
        assertThat(device.unexpectedResponses()).hasSize(3);
        assertThat(device.groupsAnswered()).isEqualTo(1);
    }

    @Test
    void aTransferThatMustWaitIsNoSimpleRead() {
        assertThatIllegalStateException().isThrownBy(() -> asking(1).read(0x1000, 4));
        assertThatIllegalStateException().isThrownBy(() -> plain().stop(7));
        FakeDevice device = asking(1);
        device.stop(7);
        assertThat(unit.pageRequests).contains(PageRequestMessage.stopMarker(STREAM, 7));
    }

    @ParameterizedTest
    @CsvSource({"RETRY, DONE, 7", "ABORT, FAILED, -1", "RAZ_WI, DONE, 0"})
    void aStalledAccessWaitsForItsEnd(Endpoints.Resumption outcome, DmaTransfer.State state, int value) {
        unit.map(1, 0x9000, 3);
        MemoryBytes.write(memory, 0x9000, new byte[] {7});
        unit.next.add(new Translation.Stalled(0x42, 16, "F_TRANSLATION", true));
        FakeDevice device = plain();
        DmaTransfer transfer = run(device, DmaSegment.read(0x1000, 1));
        assertThat(transfer.state()).isEqualTo(DmaTransfer.State.STALLED);
        assertThat(device.step()).isFalse();
        device.resume(STREAM, 0x42, outcome);
        assertThat(device.step()).isTrue();
        assertThat(transfer.state()).isEqualTo(state);
        assertThat(transfer.data()).isEqualTo(value < 0 ? new byte[0] : new byte[] {(byte) value});
    }

    @Test
    void theEndOfAStallMayComeBeforeItsAnswer() {
        FakeDevice device = plain();
        unit.next.add(new Translation.Stalled(0x42, 16, "F_TRANSLATION", true));
        unit.during = () -> device.resume(STREAM, 0x42, Endpoints.Resumption.RAZ_WI);
        DmaTransfer transfer = run(device, DmaSegment.write(0x1000, new byte[] {1}));
        assertThat(transfer.state()).isEqualTo(DmaTransfer.State.DONE);
    }

    @Test
    void devicesAreFoundByStream() {
        EndpointMap map = new EndpointMap();
        FakeDevice device = asking(1);
        map.add(STREAM, device);
        unit.map(1, 0x9000, 1);
        run(device, DmaSegment.read(0x1000, 1));
        map.invalidate(new InvalidateRequest(6, -1, 0, InvalidateRequest.EVERYTHING));
        assertThat(device.translationsCached()).isEqualTo(1);
        map.invalidate(ALL);
        assertThat(device.translationsCached()).isZero();
        map.respond(new PrgResponse(STREAM, -1, 3, Code.SUCCESS));
        map.respond(new PrgResponse(6, -1, 3, Code.SUCCESS));
        assertThat(device.unexpectedResponses()).hasSize(1);
        map.resume(STREAM, 1, Endpoints.Resumption.ABORT);
        map.remove(STREAM);
        assertThat(map.invalidate(ALL)).isEqualTo(Endpoints.Reply.COMPLETED);
    }

    @Test
    void impossibleDevicesAndSegmentsAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> withCache(0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FakeDevice.builder(unit, memory, 1).pageRequests(unit, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> DmaSegment.read(0, -1));
        assertThat(DmaSegment.read(1, 2)).hasToString("read 2 bytes at 0x1");
        assertThat(DmaSegment.write(1, new byte[2])).hasToString("write 2 bytes at 0x1");
        assertThat(DmaSegment.copy(1, 2, 3)).hasToString("copy 3 bytes from 0x1 to 0x2");
    }
}
