package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.PageRequestMessage;
import io.github.iommu4j.api.dma.Privilege;
import io.github.iommu4j.smmuv3.layout.GlobalError;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.PageRequestRecord;
import io.github.iommu4j.smmuv3.layout.RegisterFields.IrqCfg;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The PRI queue and automatic answers (IHI 0070 §8). */
class PriQueueTest {

    private static final long REQUESTS = 0x4000_0000L;
    private static final int STREAM = 5;
    private static final int NONE = -1;

    private Bench bench = bench(0);

    private static Bench bench(int pps) {
        Smmuv3Capabilities.Builder builder = Smmuv3Capabilities.everything().toBuilder();
        Bench bench = new Bench(builder.set(IdField.PPS, pps).build());
        bench.write(SmmuRegister.PRIQ_BASE, REQUESTS | 2);
        bench.write(SmmuRegister.CR0, 3);
        return bench;
    }

    private static PageRequestMessage request(int substream, int group, boolean last) {
        return new PageRequestMessage(STREAM, substream, 0x1234_5678L, 3, Privilege.UNPRIVILEGED, group, last);
    }

    private void last(int group) {
        bench.priQueue.receive(request(NONE, group, true));
    }

    private void fill() {
        for (int group = 0; group < 4; group++) {
            last(group);
        }
    }

    private static String response(int substream, int group, String code) {
        return "PrgResponse[streamId=5, substreamId=" + substream + ", prgIndex=" + group + ", code=" + code + "]";
    }

    private PageRequestRecord entry(int slot) {
        return PageRequestRecord.readFrom(bench.ram, REQUESTS + 16L * slot);
    }

    @Test
    void aRequestStandsInMemoryBeforeTheProducerIndexMoves() {
        bench.beforeStore = () -> assertThat(bench.read(SmmuRegister.PRIQ_PROD)).isZero();
        bench.priQueue.receive(
                new PageRequestMessage(STREAM, 0xABCDE, 0x1234_5678L, 7, Privilege.PRIVILEGED, 0x1FF, true));
        assertThat(bench.read(SmmuRegister.PRIQ_PROD)).isEqualTo(1);
        assertThat(entry(0)).isEqualTo(new PageRequestRecord(0xFC0A_BCDE_0000_0005L, 0x1234_51FFL));
        assertThat(bench.log).isEmpty();
    }

    @Test
    void theQueueWrapsAroundAndItsBaseIsAligned() {
        bench.write(SmmuRegister.CR0, 1);
        bench.write(SmmuRegister.PRIQ_BASE, REQUESTS | 0x20 | 2);
        bench.write(SmmuRegister.PRIQ_PROD, 7);
        bench.write(SmmuRegister.PRIQ_CONS, 7);
        bench.write(SmmuRegister.CR0, 3);
        last(9);
        assertThat(entry(3).message().prgIndex()).isEqualTo(9);
        assertThat(bench.read(SmmuRegister.PRIQ_PROD)).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void aQueueThatIsOffAnswersEveryRequestWithFailure(int cr0) {
        bench.write(SmmuRegister.CR0, cr0);
        bench.priQueue.receive(request(7, 3, false));
        bench.priQueue.receive(request(NONE, 3, true));
        assertThat(bench.log).containsExactly(response(NONE, 3, "FAILURE"), response(NONE, 3, "FAILURE"));
        assertThat(bench.read(SmmuRegister.PRIQ_PROD)).isZero();
    }

    @Test
    void withoutPageRequestsEveryRequestFails() {
        bench = new Bench(Smmuv3Capabilities.linuxVirt10()).translating();
        last(1);
        assertThat(bench.log).containsExactly(response(NONE, 1, "FAILURE"));
    }

    @Test
    void stopMarkersAreQueuedAndNeverAnswered() {
        PageRequestMessage marker = PageRequestMessage.stopMarker(STREAM, 7);
        bench.priQueue.receive(marker);
        assertThat(entry(0).message()).isEqualTo(marker);
        bench.write(SmmuRegister.CR0, 1);
        bench.priQueue.receive(marker);
        bench.write(SmmuRegister.CR0, 3);
        fill();
        bench.log.clear();
        bench.priQueue.receive(marker);
        assertThat(bench.log).isEmpty();
    }

    @Test
    void theMessageThatFindsTheQueueFullStartsTheOverflow() {
        fill();
        assertThat(bench.read(SmmuRegister.PRIQ_PROD)).isEqualTo(4);
        last(8);
        assertThat(bench.read(SmmuRegister.PRIQ_PROD)).isEqualTo(0x8000_0004L);
        assertThat(bench.log).containsExactly(response(NONE, 8, "SUCCESS"));
        last(9);
        assertThat(bench.read(SmmuRegister.PRIQ_PROD)).isEqualTo(0x8000_0004L);
    }

    @Test
    void nothingIsQueuedUntilSoftwareAcknowledgesAnOverflow() {
        fill();
        bench.priQueue.receive(request(NONE, 8, false));
        bench.write(SmmuRegister.PRIQ_CONS, 4);
        bench.priQueue.receive(request(NONE, 8, true));
        assertThat(bench.log).containsExactly(response(NONE, 8, "SUCCESS"));
        assertThat(bench.read(SmmuRegister.PRIQ_PROD)).isEqualTo(0x8000_0004L);
        bench.write(SmmuRegister.PRIQ_CONS, 0x8000_0004L);
        last(9);
        assertThat(entry(0).message().prgIndex()).isEqualTo(9);
        assertThat(bench.read(SmmuRegister.PRIQ_PROD)).isEqualTo(0x8000_0005L);
    }

    @Test
    void contradictoryIndexesCountAsFull() {
        bench.write(SmmuRegister.PRIQ_CONS, 3);
        last(1);
        assertThat(bench.read(SmmuRegister.PRIQ_PROD)).isEqualTo(0x8000_0000L);
    }

    @ParameterizedTest
    @CsvSource({
        "0, KEPT, -1, -1, SUCCESS",
        "0, UNKNOWN, -1, -1, SUCCESS",
        "0, KEPT, 7, 7, SUCCESS",
        "0, OMITTED, 7, -1, SUCCESS",
        "0, UNKNOWN, 7, -1, FAILURE",
        "1, OMITTED, 7, 7, SUCCESS",
        "1, UNKNOWN, 7, 7, SUCCESS",
    })
    void thePasidOfAnAutomaticAnswerIsDecidedByPpsThenPpar(
            int pps, PageResponder.Pasid ste, int substream, int expected, String code) {
        bench = bench(pps);
        fill();
        bench.pasidOf = ste;
        bench.priQueue.receive(request(substream, 8, true));
        assertThat(bench.log).containsExactly(response(expected, 8, code));
    }

    @Test
    void anAbortedWriteFailsTheRequestAndAllThatFollow() {
        bench.brokenPages.add(REQUESTS >>> 12);
        bench.priQueue.receive(request(7, 1, false));
        assertThat(bench.isActive(GlobalError.PRIQ_ABT_ERR)).isTrue();
        assertThat(bench.read(SmmuRegister.PRIQ_PROD)).isZero();
        bench.brokenPages.clear();
        last(2);
        assertThat(bench.log).containsExactly(response(NONE, 1, "FAILURE"), response(NONE, 2, "FAILURE"));
        bench.acknowledgeErrors();
        last(3);
        assertThat(bench.read(SmmuRegister.PRIQ_PROD)).isEqualTo(1);
    }

    private void listen(long lastOnly) {
        bench.write(SmmuRegister.PRIQ_IRQ_CFG0, 0x9000);
        bench.write(SmmuRegister.PRIQ_IRQ_CFG1, 0x55);
        bench.write(SmmuRegister.PRIQ_IRQ_CFG2, IrqCfg.LO.of(lastOnly));
        bench.write(SmmuRegister.IRQ_CTRL, InterruptSource.PRIQ.enable().mask());
    }

    @Test
    void theInterruptComesWhenTheQueueIsNoLongerEmpty() {
        listen(0);
        bench.priQueue.receive(request(NONE, 1, false));
        assertThat(bench.log).containsExactly("line priq", "msi 0x9000=0x55");
        last(2);
        assertThat(bench.log).hasSize(2);
        bench.write(SmmuRegister.PRIQ_CONS, 2);
        last(3);
        assertThat(bench.log).hasSize(4);
    }

    @Test
    void withLoTheInterruptComesWithTheLastOfAGroupAlsoWhenItOverflows() {
        listen(1);
        bench.priQueue.receive(request(NONE, 1, false));
        assertThat(bench.log).isEmpty();
        last(1);
        assertThat(bench.log).containsExactly("line priq", "msi 0x9000=0x55");
        last(2);
        last(3);
        assertThat(bench.log).hasSize(6);
        bench.log.clear();
        bench.priQueue.receive(request(NONE, 4, false));
        assertThat(bench.log).isEmpty();
        last(4);
        assertThat(bench.log).containsExactly("line priq", "msi 0x9000=0x55", response(NONE, 4, "SUCCESS"));
        bench.log.clear();
        bench.write(SmmuRegister.CR0, 1);
        last(5);
        assertThat(bench.log).containsExactly(response(NONE, 5, "FAILURE"));
    }

    @Test
    void theEnableStaysAcknowledgedWhileARequestIsInFlight() {
        bench.beforeStore = () -> {
            bench.write(SmmuRegister.CR0, 1);
            assertThat(bench.read(SmmuRegister.CR0ACK)).isEqualTo(3);
        };
        last(1);
        assertThat(bench.read(SmmuRegister.CR0ACK)).isEqualTo(1);
        assertThat(bench.read(SmmuRegister.PRIQ_PROD)).isEqualTo(1);
    }

    @Test
    void aRequestThatAResetOvertakesLeavesNoTraceInTheRegisters() {
        bench.beforeStore = bench.registers::reset;
        last(1);
        assertThat(bench.read(SmmuRegister.PRIQ_PROD)).isZero();
    }

    @Test
    void withoutAPasidNeitherExecutionNorPrivilegeIsAskedFor() {
        PageRequestMessage message = new PageRequestMessage(-1, NONE, -1L, 7, Privilege.PRIVILEGED, 0x155, false);
        PageRequestRecord record = PageRequestRecord.of(message);
        assertThat(record).isEqualTo(new PageRequestRecord(0x3000_0000_FFFF_FFFFL, 0xFFFF_FFFF_FFFF_F155L));
        assertThat(record.message().permissions()).isEqualTo(3);
        assertThat(record).hasToString(record.message() + " [30000000ffffffff fffffffffffff155]");
    }
}
