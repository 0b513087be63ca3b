package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.PageRequestMessage;
import io.github.iommu4j.api.dma.PrgResponse;
import io.github.iommu4j.api.dma.Privilege;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.EventType;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole SMMU behind its registers, as a guest's driver sees it. */
class Smmuv3Test {

    private static final long STREAMS = 0x10_0000L;
    private static final long COMMANDS = 0x20_0000L;
    private static final long EVENTS = 0x30_0000L;
    private static final long BYPASS = 0x9;
    private static final long INVALID = 0;

    private final SparseMemory memory = new SparseMemory();

    private static void write(Smmuv3 smmu, SmmuRegister register, long value) {
        smmu.registers().write(register.offset(), register.width(), value);
    }

    private static long read(Smmuv3 smmu, SmmuRegister register) {
        return smmu.registers().read(register.offset(), register.width());
    }

    /** What a driver does at probe: tables, queues, enables. */
    private static Smmuv3 started(Smmuv3 smmu) {
        write(smmu, SmmuRegister.STRTAB_BASE, STREAMS);
        write(smmu, SmmuRegister.STRTAB_BASE_CFG, 4);
        write(smmu, SmmuRegister.CMDQ_BASE, COMMANDS | 4);
        write(smmu, SmmuRegister.EVENTQ_BASE, EVENTS | 4);
        write(smmu, SmmuRegister.CR2, 2);
        write(smmu, SmmuRegister.CR0, 0xD);
        return smmu;
    }

    private void submit(Smmuv3 smmu, Command... queued) {
        long prod = read(smmu, SmmuRegister.CMDQ_PROD);
        for (Command command : queued) {
            command.writeTo(memory, COMMANDS + 16 * (prod & 15));
            prod = prod + 1 & 31;
        }
        write(smmu, SmmuRegister.CMDQ_PROD, prod);
    }

    private void stream(int streamId, long dw0) {
        memory.store64(STREAMS + 64L * streamId, dw0);
    }

    @Test
    void aResetSmmuBypasses() {
        Smmuv3 smmu = Smmuv3.builder(memory).build();
        assertThat(smmu.capabilities()).isEqualTo(Smmuv3Capabilities.everything());
        long answer = smmu.translate(3, 0x1234, Access.READ);
        assertThat(Translations.isOk(answer)).isTrue();
        assertThat(Translations.pa(answer)).isEqualTo(0x1234);
    }

    @Test
    void theResetValueOfGbpaCanAbort() {
        Smmuv3 smmu = Smmuv3.builder(memory)
                .capabilities(Smmuv3Capabilities.everything().toBuilder()
                        .gbpaReset(0x10_0000)
                        .build())
                .build();
        assertThat(Translations.isOk(smmu.translate(3, 0x1234, Access.READ))).isFalse();
    }

    @Test
    void aStreamIsTranslatedAsItsEntrySays() {
        Smmuv3 smmu = started(Smmuv3.builder(memory).build());
        stream(3, BYPASS);
        assertThat(smmu.translate(DmaRequest.read(3, 0x5000)).kind()).isEqualTo(Translation.Kind.OK);
        assertThat(smmu.translate(DmaRequest.read(4, 0x5000)))
                .isInstanceOfSatisfying(
                        Translation.Fault.class,
                        fault -> assertThat(fault.code()).isEqualTo(EventType.C_BAD_STE.number()));
        assertThat(read(smmu, SmmuRegister.EVENTQ_PROD)).isEqualTo(1);
        assertThat(EventRecord.readFrom(memory, EVENTS)).isEqualTo(EventRecord.of(EventType.C_BAD_STE, 4));
        assertThat(smmu.counters().faults()).isEqualTo(1);
    }

    @Test
    void onlyInvalidationMakesAChangedEntrySeen() {
        Smmuv3 smmu = started(Smmuv3.builder(memory).build());
        stream(3, BYPASS);
        smmu.translate(3, 0x5000, Access.READ);
        stream(3, INVALID);
        assertThat(Translations.isOk(smmu.translate(3, 0x5000, Access.READ)))
                .as("cached")
                .isTrue();
        submit(smmu, Command.of(CommandOpcode.CFGI_STE).with0(Command.STREAM_ID, 3), Command.of(CommandOpcode.SYNC));
        assertThat(read(smmu, SmmuRegister.CMDQ_CONS)).isEqualTo(2);
        assertThat(Translations.isOk(smmu.translate(3, 0x5000, Access.READ))).isFalse();
    }

    @Test
    void withoutCachesEveryChangeIsSeen() {
        Smmuv3 smmu = started(Smmuv3.builder(memory).caches(CacheGeometry.OFF).build());
        stream(3, BYPASS);
        smmu.translate(3, 0x5000, Access.READ);
        stream(3, INVALID);
        assertThat(Translations.isOk(smmu.translate(3, 0x5000, Access.READ))).isFalse();
    }

    @Test
    void resetEmptiesCachesAndDisables() {
        Smmuv3 smmu = started(Smmuv3.builder(memory).build());
        stream(3, BYPASS);
        smmu.translate(3, 0x5000, Access.READ);
        smmu.reset();
        assertThat(read(smmu, SmmuRegister.CR0ACK)).isZero();
        stream(3, INVALID);
        started(smmu);
        assertThat(Translations.isOk(smmu.translate(3, 0x5000, Access.READ))).isFalse();
    }

    @Test
    void steppedSmmusConsumeOnlyInSteps() {
        Smmuv3 smmu = started(Smmuv3.builder(memory)
                .commandProcessing(CommandProcessing.STEPPED)
                .build());
        submit(smmu, Command.of(CommandOpcode.TLBI_NSNH_ALL), Command.of(CommandOpcode.SYNC));
        assertThat(read(smmu, SmmuRegister.CMDQ_CONS)).isZero();
        assertThat(smmu.step()).isTrue();
        assertThat(smmu.step()).isTrue();
        assertThat(smmu.step()).isFalse();
        assertThat(read(smmu, SmmuRegister.CMDQ_CONS)).isEqualTo(2);
    }

    @Test
    void aMessageWithoutASinkIsAStoreToMemory() {
        Smmuv3 smmu = started(Smmuv3.builder(memory).build());
        submit(
                smmu,
                Command.of(CommandOpcode.SYNC)
                        .with0(Command.CS, Command.CS_IRQ)
                        .with0(Command.MSI_DATA, 0x1234_5678)
                        .with1(Command.MSI_ADDRESS, 0x4_0004 >>> 2));
        assertThat(memory.load64(0x4_0000)).isEqualTo(0x1234_5678_0000_0000L);
    }

    @Test
    void messagesAndLinesGoWhereTheBuilderSays() {
        List<String> signals = new ArrayList<>();
        Smmuv3 smmu = started(Smmuv3.builder(memory)
                .msi((address, data) -> signals.add("msi " + address + " " + data))
                .interrupts(Smmuv3Interrupts.none().withCommandSync(() -> signals.add("wire")))
                .build());
        submit(
                smmu,
                Command.of(CommandOpcode.SYNC).with0(Command.CS, Command.CS_IRQ).with1(Command.MSI_ADDRESS, 1));
        assertThat(signals).containsExactly("wire", "msi 4 0");
    }

    @Test
    void prefetchesFillCachesAndRecordNothing() {
        Smmuv3 smmu = started(Smmuv3.builder(memory).build());
        stream(3, BYPASS);
        submit(
                smmu,
                Command.of(CommandOpcode.PREFETCH_CONFIG).with0(Command.STREAM_ID, 3),
                Command.of(CommandOpcode.PREFETCH_ADDR).with0(Command.STREAM_ID, 3),
                Command.of(CommandOpcode.PREFETCH_CONFIG).with0(Command.STREAM_ID, 4));
        assertThat(read(smmu, SmmuRegister.EVENTQ_PROD)).isZero();
        stream(3, INVALID);
        assertThat(Translations.isOk(smmu.translate(3, 0x5000, Access.READ)))
                .as("cached")
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({"TTF, 3"})
    void capabilitiesThatTranslationDoesNotHonourAreRefused(IdField field, int value) {
        Smmuv3.Builder builder = Smmuv3.builder(memory)
                .capabilities(Smmuv3Capabilities.everything().toBuilder()
                        .enable(IdField.ATS)
                        .set(field, value)
                        .build());
        assertThatIllegalArgumentException()
                .isThrownBy(builder::build)
                .withMessage(field + "=" + value + " is not modelled");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void anSmmuThatStallsHasRoomForAStall(int model) {
        Smmuv3.Builder builder = Smmuv3.builder(memory)
                .capabilities(Smmuv3Capabilities.everything().toBuilder()
                        .set(IdField.STALL_MODEL, model)
                        .set(IdField.STALL_MAX, 0)
                        .build());
        assertThatIllegalArgumentException()
                .isThrownBy(builder::build)
                .withMessage("STALL_MAX=0 leaves no room for the stalls of STALL_MODEL=" + model);
    }

    @Test
    void explainingChangesNothing() {
        Smmuv3 smmu = started(Smmuv3.builder(memory).build());
        assertThat(smmu.explain(DmaRequest.read(4, 0x5000)).event()).isNotEmpty();
        assertThat(read(smmu, SmmuRegister.EVENTQ_PROD)).isZero();
    }

    @Test
    void inServiceFailureModeNothingMovesUntilAReset() {
        List<String> raised = new ArrayList<>();
        List<PrgResponse> answers = new ArrayList<>();
        Smmuv3 smmu = started(Smmuv3.builder(memory)
                .interrupts(Smmuv3Interrupts.none().withGlobalError(() -> raised.add("gerror")))
                .endpoints(new Endpoints() {
                    @Override
                    public void respond(PrgResponse response) {
                        answers.add(response);
                    }
                })
                .build());
        stream(3, BYPASS);
        write(smmu, SmmuRegister.CR0, 0xF);
        write(smmu, SmmuRegister.IRQ_CTRL, 1);
        assertThat(Translations.isOk(smmu.translate(3, 0x1234, Access.READ))).isTrue();
        smmu.enterServiceFailureMode();
        assertThat(raised).containsExactly("gerror");
        assertThat(read(smmu, SmmuRegister.GERROR)).isEqualTo(0x100);
        write(smmu, SmmuRegister.GERRORN, 0x100);
        long answer = smmu.translate(3, 0x1234, Access.READ);
        assertThat(Translations.isOk(answer) || Translations.isRecorded(answer)).isFalse();
        assertThat(Translations.isRecorded(smmu.translate(5, 0x1234, Access.READ)))
                .isFalse();
        smmu.pageRequest(new PageRequestMessage(3, -1, 0, 1, Privilege.UNPRIVILEGED, 1, true));
        assertThat(answers).containsExactly(new PrgResponse(3, -1, 1, PrgResponse.Code.FAILURE));
        submit(smmu, Command.of(CommandOpcode.SYNC));
        assertThat(smmu.step()).isFalse();
        assertThat(read(smmu, SmmuRegister.CMDQ_CONS)).isZero();
        smmu.reset();
        assertThat(Translations.isOk(smmu.translate(3, 0x1234, Access.READ))).isTrue();
    }

    @Test
    void broadcastsClearTheTlbWhereTheyAreTaken() {
        for (int has = 0; has < 2; has++) {
            Smmuv3 smmu = started(Smmuv3.builder(memory)
                    .capabilities(Smmuv3Capabilities.everything().toBuilder()
                            .set(IdField.BTM, has)
                            .build())
                    .build());
            long walks = walksAfter(smmu, Command.of(CommandOpcode.TLBI_NSNH_ALL));
            assertThat(walks).isEqualTo(has);
            assertThat(walksAfter(smmu, Command.of(CommandOpcode.CFGI_STE))).isZero();
            write(smmu, SmmuRegister.CR0, 0xC);
            write(smmu, SmmuRegister.CR2, 6);
            write(smmu, SmmuRegister.CR0, 0xD);
            assertThat(walksAfter(smmu, Command.of(CommandOpcode.TLBI_NSNH_ALL)))
                    .isZero();
        }
    }

    /** TLB misses of an access that was made before a broadcast too. */
    private long walksAfter(Smmuv3 smmu, Command broadcast) {
        long tables = 0x50_0000L;
        memory.store64(tables + 8 * 1, 0x8000_0000L | 0x7FD);
        Words ste = Words.stage2(tables);
        ste.ste().writeTo(memory, STREAMS + 64L * 7);
        smmu.translate(7, 0x4000_0000L, Access.READ);
        long before = smmu.counters().tlbMisses();
        smmu.broadcast(broadcast);
        smmu.translate(7, 0x4000_0000L, Access.READ);
        return smmu.counters().tlbMisses() - before;
    }

    @Test
    void pcieCommandsCompleteWithoutEndpoints() {
        Smmuv3 smmu = started(Smmuv3.builder(memory)
                .capabilities(Smmuv3Capabilities.everything().toBuilder()
                        .enable(IdField.ATS)
                        .build())
                .build());
        submit(smmu, Command.of(CommandOpcode.ATC_INV), Command.of(CommandOpcode.SYNC));
        assertThat(read(smmu, SmmuRegister.CMDQ_CONS)).isEqualTo(2);
    }

    /** No event record of an old configuration may appear after the SYNC that follows its invalidation. */
    @Test
    void noStaleRecordAppearsAfterASync() throws InterruptedException {
        Smmuv3 smmu = started(Smmuv3.builder(memory).build());
        boolean[] stop = new boolean[1];
        Thread device = new Thread(() -> {
            boolean done = false;
            while (!done) {
                smmu.translate(3, TranslationUnit.NO_SUBSTREAM, 0x5000, Access.READ_BIT);
                synchronized (stop) {
                    done = stop[0];
                }
            }
        });
        device.start();
        for (int round = 0; round < 300; round++) {
            stream(3, BYPASS);
            submit(
                    smmu,
                    Command.of(CommandOpcode.CFGI_STE).with0(Command.STREAM_ID, 3),
                    Command.of(CommandOpcode.SYNC));
            long after = read(smmu, SmmuRegister.EVENTQ_PROD);
            write(smmu, SmmuRegister.EVENTQ_CONS, after);
            for (int i = 0; i < 50; i++) {
                assertThat(read(smmu, SmmuRegister.EVENTQ_PROD)).isEqualTo(after);
            }
            stream(3, INVALID);
            submit(
                    smmu,
                    Command.of(CommandOpcode.CFGI_STE).with0(Command.STREAM_ID, 3),
                    Command.of(CommandOpcode.SYNC));
        }
        synchronized (stop) {
            stop[0] = true;
        }
        device.join(10_000);
        assertThat(device.isAlive()).isFalse();
    }
}
