package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Endpoints.Reply;
import io.github.iommu4j.api.dma.InvalidateRequest;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.GlobalError;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** CMD_ATC_INV, CMD_PRI_RESP, and the CMD_SYNC that waits for endpoints (IHI 0070 §4.5, §4.7.3). */
class AtcInvalidationTest {

    private static final Command SYNC = Command.of(CommandOpcode.SYNC).with0(Command.CS, Command.CS_IRQ);
    private static final InvalidateRequest PAGE = new InvalidateRequest(5, -1, 0x1000, 12);

    private final Bench bench = new Bench().withCommandQueue(4).translating();

    private static Command invalidate() {
        return Command.of(CommandOpcode.ATC_INV).with0(Command.STREAM_ID, 5).with1(Command.ADDRESS, 1);
    }

    private void complete(InvalidateRequest request, Reply reply) {
        bench.endpointCommands.complete(request, reply);
        bench.commands.doorbell();
    }

    private int consumed() {
        return (int) bench.read(SmmuRegister.CMDQ_CONS) & 0xF_FFFF;
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0, 0x12345000, '(0x5, 0x12345000, 2^12 bytes)'",
        "0, 1, 0, 0x12345000, '(0x5, 0x12345000, 2^12 bytes)'",
        "1, 0, 0, 0x12345000, '(0x5 0xabcde, 0x12345000, 2^12 bytes)'",
        "1, 1, 0, 0x12345000, '(0x5 every, 0x12345000, 2^12 bytes)'",
        "0, 0, 9, 0x12345000, '(0x5, 0x12200000, 2^21 bytes)'",
        "0, 0, 51, 0x12345000, '(0x5, 0x0, 2^63 bytes)'",
        "0, 0, 52, 0x12345000, '(0x5, 0x0, 2^64 bytes)'",
    })
    void everyFieldNamesWhatTheEndpointDrops(int ssv, int global, int size, String address, String expected) {
        bench.submit(Command.of(CommandOpcode.ATC_INV)
                .with0(Command.STREAM_ID, 5)
                .with0(Command.SSV, ssv)
                .with0(Command.GLOBAL, global)
                .with0(Command.SUBSTREAM_ID, 0xABCDE)
                .with1(Command.SIZE, size)
                .with1(Command.ADDRESS, Long.decode(address) >>> 12));
        assertThat(bench.log).hasSize(1);
        assertThat(bench.log.get(0)).isEqualTo("InvalidateRequest" + expected);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, -1, FAILURE",
        "1, 0, -1, INVALID",
        "2, 0, -1, SUCCESS",
        "2, 1, 703710, SUCCESS",
    })
    void pageResponsesCarryTheCodeAndThePasid(int resp, int ssv, int substream, String code) {
        bench.submit(Command.of(CommandOpcode.PRI_RESP)
                .with0(Command.STREAM_ID, 5)
                .with0(Command.SSV, ssv)
                .with0(Command.SUBSTREAM_ID, 0xABCDE)
                .with1(Command.PRG_INDEX, 0x155)
                .with1(Command.RESP, resp));
        assertThat(bench.log)
                .containsExactly(
                        "PrgResponse[streamId=5, substreamId=" + substream + ", prgIndex=341, code=" + code + "]");
    }

    @Test
    void aTimeOutStopsTheNextSyncOnce() {
        bench.reply = Reply.TIMED_OUT;
        bench.submit(invalidate(), Command.of(CommandOpcode.TLBI_NSNH_ALL), SYNC, Command.of(CommandOpcode.CFGI_STE));
        assertThat(bench.error()).isEqualTo(3);
        assertThat(bench.isActive(GlobalError.CMDQ_ERR)).isTrue();
        assertThat(consumed()).isEqualTo(2);
        assertThat(bench.log).hasSize(2).noneMatch(line -> line.contains("sync"));
        bench.acknowledgeErrors();
        assertThat(consumed()).isEqualTo(4);
        assertThat(bench.log).contains("line sync");
    }

    @Test
    void aSyncWaitsForWhatTheEndpointPutOff() {
        bench.reply = Reply.LATER;
        bench.submit(invalidate(), invalidate(), SYNC, Command.of(CommandOpcode.CFGI_STE));
        assertThat(consumed()).isEqualTo(2);
        assertThat(bench.read(SmmuRegister.CR0ACK)).isEqualTo(9);
        complete(PAGE, Reply.COMPLETED);
        assertThat(consumed()).isEqualTo(2);
        assertThat(bench.commands.step()).isFalse();
        complete(PAGE, Reply.LATER);
        complete(PAGE, Reply.UNEXPECTED);
        complete(new InvalidateRequest(6, -1, 0x1000, 12), Reply.COMPLETED);
        assertThat(consumed()).isEqualTo(2);
        complete(PAGE, Reply.COMPLETED);
        assertThat(consumed()).isEqualTo(4);
        assertThat(bench.log).contains("line sync");
        complete(PAGE, Reply.TIMED_OUT);
        bench.submit(SYNC);
        assertThat(consumed()).isEqualTo(5);
    }

    @Test
    void anInvalidationThatTimesOutLaterStopsTheWaitingSync() {
        bench.reply = Reply.LATER;
        bench.submit(invalidate(), SYNC);
        complete(PAGE, Reply.TIMED_OUT);
        assertThat(bench.error()).isEqualTo(3);
        assertThat(consumed()).isEqualTo(1);
        bench.acknowledgeErrors();
        assertThat(consumed()).isEqualTo(2);
    }

    @Test
    void aWrongCompletionLeavesTheInvalidationOutstanding() {
        bench.reply = Reply.UNEXPECTED;
        bench.submit(invalidate(), SYNC);
        assertThat(consumed()).isEqualTo(1);
        complete(PAGE, Reply.COMPLETED);
        assertThat(consumed()).isEqualTo(2);
    }

    @Test
    void anIllegalSyncDoesNotWait() {
        bench.reply = Reply.LATER;
        bench.submit(invalidate(), SYNC.with0(Command.CS, 3));
        assertThat(bench.error()).isEqualTo(1);
    }

    @Test
    void aWaitingQueueCanBeDisabled() {
        bench.reply = Reply.LATER;
        bench.submit(invalidate(), SYNC);
        bench.write(SmmuRegister.CR0, 1);
        assertThat(bench.read(SmmuRegister.CR0ACK)).isEqualTo(1);
        complete(PAGE, Reply.COMPLETED);
        assertThat(consumed()).isEqualTo(1);
        bench.write(SmmuRegister.CR0, 9);
        assertThat(consumed()).isEqualTo(2);
    }

    @Test
    void afterAResetNobodyWaitsForWhatWasAskedBefore() {
        bench.reply = Reply.LATER;
        bench.submit(invalidate(), SYNC);
        bench.registers.reset();
        bench.endpointCommands.reset();
        bench.withCommandQueue(4).submit(SYNC);
        assertThat(consumed()).isEqualTo(1);
    }
}
