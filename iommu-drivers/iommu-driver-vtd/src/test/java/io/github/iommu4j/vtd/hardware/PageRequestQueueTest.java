package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.PageRequestMessage;
import io.github.iommu4j.api.dma.PrgResponse;
import io.github.iommu4j.api.dma.Privilege;
import io.github.iommu4j.vtd.layout.PageRequestDescriptor;
import io.github.iommu4j.vtd.layout.VtdRegister;
import org.junit.jupiter.api.Test;

class PageRequestQueueTest {

    private static final long QUEUE = 0x20_0000L;
    private static final PageRequestDescriptor REQUEST =
            PageRequestDescriptor.of(0x38, 5, 0x3000).ofPasid(9).toRead();

    private final RegisterRig rig = RegisterRig.of(Units.FULL);

    private static void start(RegisterRig unit) {
        unit.write(VtdRegister.PQA, QUEUE);
        unit.write(VtdRegister.PEADDR, 0xFEE0_0000L);
        unit.write(VtdRegister.PEDATA, 0x55);
        unit.write(VtdRegister.PECTL, 0);
        unit.command(RegisterRig.TE);
    }

    private PageRequestAnswer.Kind ask(PageRequestDescriptor request) {
        return rig.vtd.pageRequest(request).kind();
    }

    @Test
    void aRequestIsWrittenAndSignalled() {
        start(rig);
        assertThat(ask(REQUEST)).isEqualTo(PageRequestAnswer.Kind.QUEUED);
        assertThat(rig.translation.taken()).containsExactly("admit 38 9 3000");
        assertThat(PageRequestDescriptor.readFrom(rig.memory, QUEUE)).isEqualTo(REQUEST);
        assertThat(rig.read(VtdRegister.PQT)).isEqualTo(0x20);
        assertThat(rig.read(VtdRegister.PRS)).isEqualTo(1);
        assertThat(rig.sent()).containsExactly("fee00000 55");
    }

    @Test
    void onlyTheFirstRequestIsSignalledUntilSoftwareClearsPpr() {
        start(rig);
        ask(REQUEST);
        ask(REQUEST);
        assertThat(rig.sent()).hasSize(1);
        rig.write(VtdRegister.PRS, 1);
        ask(REQUEST);
        assertThat(rig.sent()).hasSize(1);
        assertThat(rig.read(VtdRegister.PQT)).isEqualTo(0x60);
    }

    @Test
    void aPageHolds128RequestsAndOneStaysFree() {
        start(rig);
        for (int i = 0; i < 127; i++) {
            assertThat(ask(REQUEST)).isEqualTo(PageRequestAnswer.Kind.QUEUED);
        }
        rig.write(VtdRegister.PRS, 1);
        rig.sent();
        assertThat(ask(REQUEST)).isEqualTo(PageRequestAnswer.Kind.DROPPED);
        assertThat(rig.read(VtdRegister.PRS)).isEqualTo(2);
        assertThat(rig.sent()).hasSize(1);
        assertThat(ask(REQUEST.last())).isEqualTo(PageRequestAnswer.Kind.RETRY);
        assertThat(rig.answers).containsExactly(new PrgResponse(0x38, 9, 5, PrgResponse.Code.SUCCESS));
        assertThat(ask(PageRequestDescriptor.of(0x38, 5, 0).ofPasid(9).last()))
                .isEqualTo(PageRequestAnswer.Kind.DROPPED);
        assertThat(rig.answers).hasSize(1);
        rig.write(VtdRegister.PQH, 127 * 32);
        assertThat(ask(REQUEST)).isEqualTo(PageRequestAnswer.Kind.DROPPED);
        rig.write(VtdRegister.PRS, 2);
        assertThat(ask(REQUEST)).isEqualTo(PageRequestAnswer.Kind.QUEUED);
        assertThat(rig.read(VtdRegister.PQT)).isZero();
        assertThat(rig.vtd.counters().queues()).isEqualTo(new VtdCounters.Queues(0, 128, 4));
    }

    @Test
    void whatWaitsFallsWithBothStatusBits() {
        start(rig);
        rig.write(VtdRegister.PECTL, 0x8000_0000L);
        for (int i = 0; i < 128; i++) {
            ask(REQUEST);
        }
        assertThat(rig.read(VtdRegister.PRS)).isEqualTo(3);
        assertThat(rig.read(VtdRegister.PECTL)).isEqualTo(0xC000_0000L);
        rig.write(VtdRegister.PRS, 1);
        assertThat(rig.read(VtdRegister.PECTL)).isEqualTo(0xC000_0000L);
        rig.write(VtdRegister.PRS, 2);
        assertThat(rig.read(VtdRegister.PECTL)).isEqualTo(0x8000_0000L);
    }

    @Test
    void whoMayNotAskIsRefused() {
        start(rig);
        rig.translation.pageRequestFault = 0x47;
        assertThat(rig.vtd.pageRequest(REQUEST)).isEqualTo(new PageRequestAnswer(PageRequestAnswer.Kind.REFUSED, 0x47));
        assertThat(rig.answers).isEmpty();
        rig.vtd.pageRequest(REQUEST.last().message());
        assertThat(rig.answers).containsExactly(new PrgResponse(0x38, 9, 5, PrgResponse.Code.FAILURE));
        rig.vtd.pageRequest(PageRequestMessage.stopMarker(0x38, 9));
        assertThat(rig.answers).hasSize(1);
        rig.cancel(RegisterRig.TE);
        assertThat(rig.vtd.pageRequest(REQUEST)).isEqualTo(new PageRequestAnswer(PageRequestAnswer.Kind.REFUSED, 0));
        RegisterRig without = RegisterRig.of(Units.ecap(Units.ECAP & ~(1L << 29)));
        start(without);
        assertThat(without.vtd.pageRequest(REQUEST).kind()).isEqualTo(PageRequestAnswer.Kind.REFUSED);
        assertThat(without.translation.taken()).isEmpty();
    }

    @Test
    void messagesStandInTheQueueAsDescriptors() {
        start(rig);
        PageRequestMessage message = new PageRequestMessage(0x38, 9, 0x3123, 7, Privilege.PRIVILEGED, 0x1FF, true);
        rig.vtd.pageRequest(message);
        PageRequestDescriptor written = PageRequestDescriptor.readFrom(rig.memory, QUEUE);
        assertThat(written)
                .isEqualTo(PageRequestDescriptor.of(0x38, 0x1FF, 0x3000)
                        .ofPasid(9)
                        .toRead()
                        .toWrite()
                        .toExecute()
                        .privileged()
                        .last());
        assertThat(written.message()).isEqualTo(message);
        PageRequestMessage plain = new PageRequestMessage(0x38, -1, 0x3000, 7, Privilege.PRIVILEGED, 1, false);
        assertThat(PageRequestDescriptor.of(plain).message())
                .isEqualTo(new PageRequestMessage(0x38, -1, 0x3000, 3, Privilege.UNPRIVILEGED, 1, false));
    }

    @Test
    void aStreamThatIsNoSourceIdIsRefused() {
        start(rig);
        rig.vtd.pageRequest(new PageRequestMessage(0x1_0038, -1, 0x3000, 1, Privilege.UNPRIVILEGED, 1, false));
        assertThat(rig.answers).isEmpty();
        rig.vtd.pageRequest(new PageRequestMessage(0x1_0038, -1, 0x3000, 1, Privilege.UNPRIVILEGED, 1, true));
        assertThat(rig.answers).containsExactly(new PrgResponse(0x1_0038, -1, 1, PrgResponse.Code.FAILURE));
        rig.vtd.pageRequest(PageRequestMessage.stopMarker(0x1_0038, 9));
        assertThat(rig.answers).hasSize(1);
        assertThat(rig.read(VtdRegister.PQT)).isZero();
    }

    @Test
    void aQueueThatMemoryDoesNotAnswerDrops() {
        RegisterRig empty = RegisterRig.withoutMemory(Units.FULL);
        start(empty);
        assertThat(empty.vtd.pageRequest(REQUEST).kind()).isEqualTo(PageRequestAnswer.Kind.DROPPED);
        assertThat(empty.read(VtdRegister.PQT)).isZero();
        assertThat(empty.read(VtdRegister.PRS)).isZero();
    }
}
