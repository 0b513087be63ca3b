package io.github.iommu4j.smmuv3.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.driver.StructureBench.Plan;
import io.github.iommu4j.smmuv3.driver.StructureBench.Polling;
import io.github.iommu4j.smmuv3.hardware.CommandProcessing;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.GlobalError;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import io.github.iommu4j.testkit.machine.ManualTicker;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command queue as the driver fills it, in front of hardware. */
class CommandRingTest {

    private static final Command HARMLESS = Command.of(CommandOpcode.TLBI_NSNH_ALL);
    private static final Command ILLEGAL = new Command(0xFF, 0);

    static Smmuv3Capabilities withMessages() {
        return Smmuv3Capabilities.linuxVirt10().toBuilder().enable(IdField.MSI).build();
    }

    private static Plan plan(SyncSignal signal) {
        Plan plan = new Plan();
        plan.signal = signal;
        plan.capabilities = withMessages();
        return plan;
    }

    @ParameterizedTest
    @EnumSource
    void thousandsOfCommandsGoRoundAQueueOfEverySize(SyncSignal signal) {
        for (int sizeLg2 = 0; sizeLg2 <= 6; sizeLg2++) {
            Plan plan = plan(signal);
            plan.sizeLg2 = sizeLg2;
            plan.processing = CommandProcessing.STEPPED;
            plan.polling = Polling.STEPS_HARDWARE_AND_HANDLES_ERRORS;
            StructureBench bench = plan.boot();
            for (int n = 0; n < 300; n++) {
                assertThat(bench.ring.issueAndSync(Collections.nCopies(n % 9, HARMLESS)))
                        .isNull();
            }
            assertThat(bench.log()).isEmpty();
            assertThat(bench.registers.read(SmmuRegister.CMDQ_PROD))
                    .isEqualTo(bench.registers.read(SmmuRegister.CMDQ_CONS));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 8, 19})
    void theLargestQueueIsAsGoodAsASmallOne(int sizeLg2) {
        Plan plan = plan(SyncSignal.SEV);
        plan.sizeLg2 = sizeLg2;
        StructureBench bench = plan.boot();
        for (int n = 0; n < 3000; n++) {
            assertThat(bench.ring.issueAndSync(HARMLESS)).isNull();
        }
        assertThat(bench.registers.read(SmmuRegister.CMDQ_PROD)).isEqualTo(6000 % (2L << sizeLg2));
    }

    @Test
    void aSyncIsWrittenAsTheSignalNeedsIt() {
        for (SyncSignal signal : SyncSignal.values()) {
            Plan plan = plan(signal);
            plan.processing = CommandProcessing.STEPPED;
            plan.polling = Polling.STEPS_HARDWARE_AND_HANDLES_ERRORS;
            Command[] seen = new Command[1];
            StructureBench[] bench = new StructureBench[1];
            plan.alsoWhilePolling =
                    () -> seen[0] = seen[0] != null ? seen[0] : Command.readFrom(plan.memory, Structures.ARENA);
            bench[0] = plan.boot();
            bench[0].ring.issueAndSync(List.of());
            assertThat(seen[0].opcode()).contains(CommandOpcode.SYNC);
            assertThat(seen[0].cs()).isEqualTo(new int[] {0, 2, 1}[signal.ordinal()]);
            assertThat(seen[0].msiAddress()).isEqualTo(signal == SyncSignal.MSI ? Structures.ARENA : 0);
            assertThat(plan.memory.load32(Structures.ARENA))
                    .isEqualTo(signal == SyncSignal.MSI ? 0 : (int) seen[0].dw0());
        }
    }

    @Test
    void aBatchIsIssuedWhenItIsFullAndWaitedForOnce() {
        StructureBench bench = plan(SyncSignal.NONE).boot();
        CommandBatch batch = new CommandBatch(bench.ring);
        for (int n = 0; n < 2 * CommandBatch.MOST; n++) {
            batch.add(HARMLESS);
        }
        assertThat(bench.registers.read(SmmuRegister.CMDQ_PROD)).isEqualTo(CommandBatch.MOST);
        assertThat(batch.submit()).isNull();
        assertThat(bench.registers.read(SmmuRegister.CMDQ_PROD)).isEqualTo(2 * CommandBatch.MOST + 1);
        assertThat(batch.submit()).isNull();
        assertThat(bench.registers.read(SmmuRegister.CMDQ_PROD)).isEqualTo(2 * CommandBatch.MOST + 2);
    }

    @ParameterizedTest
    @EnumSource
    void anIllegalCommandIsSkippedAndTheQueueGoesOn(SyncSignal signal) {
        StructureBench bench = plan(signal).boot();
        assertThat(bench.ring.issueAndSync(List.of(HARMLESS, ILLEGAL, HARMLESS, ILLEGAL)))
                .isNull();
        assertThat(bench.log())
                .contains("unexpected global error reported (0x00000001), this could be serious")
                .contains("CMDQ error (cons 0x01000001): Illegal command")
                .contains("CMDQ error (cons 0x01000003): Illegal command")
                .contains("skipping command in error state: 0x00000000000000ff 0x0000000000000000");
        assertThat(bench.errors.step()).isFalse();
        assertThat(bench.ring.issueAndSync(HARMLESS)).isNull();
        assertThat(bench.log()).isEmpty();
    }

    /** Memory in which one place does not answer for a while. */
    private static final class Deaf implements PhysicalMemory {
        private final SparseMemory memory = new SparseMemory();
        long hole = -1;
        int deafLoads;
        int deafMessages;

        @Override
        public int load32(long address) {
            return memory.load32(address);
        }

        @Override
        public void store32(long address, int value) {
            if (address == hole && deafMessages-- > 0) {
                throw new BusErrorException(address);
            }
            memory.store32(address, value);
        }

        @Override
        public long load64(long address) {
            if (address == hole && deafLoads-- > 0) {
                throw new BusErrorException(address);
            }
            return memory.load64(address);
        }

        @Override
        public void store64(long address, long value) {
            memory.store64(address, value);
        }

        @Override
        public boolean compareAndSet64(long address, long expected, long replacement) {
            return memory.compareAndSet64(address, expected, replacement);
        }
    }

    @Test
    void aCommandThatCannotBeFetchedIsTriedAgain() {
        Deaf memory = new Deaf();
        StructureBench bench = plan(SyncSignal.NONE).memory(memory).boot();
        memory.hole = Structures.ARENA + Command.BYTES;
        memory.deafLoads = 3;
        assertThat(bench.ring.issueAndSync(List.of(HARMLESS, HARMLESS))).isNull();
        assertThat(bench.log())
                .contains("CMDQ error (cons 0x02000001): Abort on command fetch")
                .contains("retrying command fetch");
    }

    @Test
    void aCommandThatCanNeverBeFetchedEndsInATimeOut() {
        Deaf memory = new Deaf();
        Plan plan = plan(SyncSignal.NONE).memory(memory);
        ManualTicker ticker = new ManualTicker();
        plan.ticker = ticker;
        plan.alsoWhilePolling = () -> ticker.advance(Duration.ofMillis(100));
        StructureBench bench = plan.boot();
        memory.hole = Structures.ARENA;
        memory.deafLoads = Integer.MAX_VALUE;
        assertThat(bench.ring.issueAndSync(HARMLESS)).isEqualTo(Errno.ETIMEDOUT);
        assertThat(bench.log()).contains("CMD_SYNC timeout at 0x00000001 [hwprod 0x00000002, hwcons 0x02000000]");
        memory.deafLoads = 0;
        bench.errors.step();
        assertThat(bench.ring.issueAndSync(HARMLESS)).isNull();
    }

    @Test
    void aMessageThatIsLostEndsInATimeOutAndItsPlaceIsFreeAgain() {
        Deaf memory = new Deaf();
        Plan plan = plan(SyncSignal.MSI).memory(memory);
        ManualTicker ticker = new ManualTicker();
        plan.ticker = ticker;
        plan.sizeLg2 = 1;
        plan.alsoWhilePolling = () -> ticker.advance(Duration.ofMillis(100));
        StructureBench bench = plan.boot();
        memory.hole = Structures.ARENA;
        memory.deafMessages = 1;
        assertThat(bench.ring.issueAndSync(List.of())).isEqualTo(Errno.ETIMEDOUT);
        assertThat(bench.log()).contains("CMDQ MSI write aborted").contains("CMD_SYNC timeout");
        for (int n = 0; n < 5; n++) {
            assertThat(bench.ring.issueAndSync(HARMLESS)).isNull();
        }
    }

    @Test
    void aFullQueueOfDeadHardwareIsGivenUpInTheEnd() {
        Plan plan = plan(SyncSignal.NONE);
        ManualTicker ticker = new ManualTicker();
        plan.ticker = ticker;
        plan.sizeLg2 = 1;
        plan.processing = CommandProcessing.STEPPED;
        plan.alsoWhilePolling = () -> ticker.advance(Duration.ofMillis(250));
        StructureBench bench = plan.boot();
        assertThat(bench.ring.issue(List.of(HARMLESS, HARMLESS))).isNull();
        assertThat(bench.ring.issue(HARMLESS)).isEqualTo(Errno.ETIMEDOUT);
        assertThat(bench.log()).isEqualTo("arm-smmu-v3 smmu: CMDQ timeout\n".repeat(8));
        assertThat(bench.ring.issueAndSync(HARMLESS)).isEqualTo(Errno.ETIMEDOUT);
        assertThat(bench.ring.issue(List.of())).isNull();
        while (bench.unit.step()) {
            assertThat(bench.registers.read(SmmuRegister.CMDQ_PROD)).isEqualTo(2);
        }
        assertThat(bench.ring.issue(HARMLESS)).isNull();
    }

    @Test
    void aBatchOfWhichAPartWasNotIssuedHasNotTakenEffect() {
        Plan plan = plan(SyncSignal.NONE);
        ManualTicker ticker = new ManualTicker();
        plan.ticker = ticker;
        plan.sizeLg2 = 1;
        plan.processing = CommandProcessing.STEPPED;
        boolean[] works = new boolean[1];
        StructureBench[] made = new StructureBench[1];
        plan.alsoWhilePolling = () -> {
            ticker.advance(Duration.ofMillis(250));
            if (works[0]) {
                made[0].unit.step();
            }
        };
        StructureBench bench = plan.boot();
        made[0] = bench;
        assertThat(bench.ring.issue(List.of(HARMLESS, HARMLESS))).isNull();
        CommandBatch batch = new CommandBatch(bench.ring);
        for (int n = 0; n <= CommandBatch.MOST; n++) {
            batch.add(HARMLESS);
        }
        works[0] = true;
        assertThat(batch.submit()).as("those that found no room are lost").isEqualTo(Errno.ETIMEDOUT);
        batch.add(HARMLESS);
        assertThat(batch.submit()).as("the next is another one").isNull();
    }

    @Test
    void whereTimeStandsStillNobodyWaitsForEver() {
        Plan plan = plan(SyncSignal.NONE);
        plan.ticker = () -> 0;
        plan.processing = CommandProcessing.STEPPED;
        plan.polling = Polling.DOES_NOTHING;
        StructureBench bench = plan.boot();
        assertThat(bench.ring.issueAndSync(HARMLESS)).isEqualTo(Errno.ETIMEDOUT);
    }

    @Test
    void anIndexThatIsNoneIsNotBelieved() {
        Plan plan = plan(SyncSignal.NONE);
        ManualTicker ticker = new ManualTicker();
        plan.ticker = ticker;
        plan.alsoWhilePolling = () -> ticker.advance(Duration.ofMillis(250));
        boolean[] broken = new boolean[1];
        plan.wires = region -> new MmioRegion() {
            @Override
            public long size() {
                return region.size();
            }

            @Override
            public long read(long offset, int width) {
                return broken[0] && offset == SmmuRegister.CMDQ_CONS.offset() ? 0x55 : region.read(offset, width);
            }

            @Override
            public void write(long offset, int width, long value) {
                region.write(offset, width, value);
            }
        };
        StructureBench bench = plan.boot();
        broken[0] = true;
        assertThat(bench.ring.issueAndSync(HARMLESS)).isEqualTo(Errno.ETIMEDOUT);
        broken[0] = false;
        assertThat(bench.ring.issueAndSync(HARMLESS)).isNull();
    }

    /** Registers whose errors are made up. */
    private static class Errors implements MmioRegion {
        private final MmioRegion region;
        long gerror;
        long gerrorn;
        long cr0 = -1;

        Errors(MmioRegion region) {
            this.region = region;
        }

        @Override
        public long size() {
            return region.size();
        }

        @Override
        public long read(long offset, int width) {
            if (offset == SmmuRegister.GERROR.offset()) {
                return gerror;
            }
            return offset == SmmuRegister.GERRORN.offset() ? gerrorn : region.read(offset, width);
        }

        @Override
        public void write(long offset, int width, long value) {
            if (offset == SmmuRegister.GERRORN.offset()) {
                gerrorn = value;
            } else if (offset == SmmuRegister.CR0.offset()) {
                cr0 = value;
            }
            region.write(offset, width, value);
        }
    }

    @Test
    void everyErrorIsToldOnceAndAcknowledged() {
        Plan plan = plan(SyncSignal.NONE);
        Errors[] errors = new Errors[1];
        plan.wires = region -> errors[0] = new Errors(region);
        StructureBench bench = plan.boot();
        for (GlobalError error : GlobalError.values()) {
            errors[0].gerror ^= error.mask();
            assertThat(bench.errors.step()).isTrue();
            String text = switch (error) {
                case CMDQ_ERR -> "No error";
                case EVENTQ_ABT_ERR -> "EVTQ write aborted -- events may have been lost";
                case PRIQ_ABT_ERR -> "PRIQ write aborted -- events may have been lost";
                case MSI_CMDQ_ABT_ERR -> "CMDQ MSI write aborted";
                case MSI_EVENTQ_ABT_ERR -> "EVTQ MSI write aborted";
                case MSI_PRIQ_ABT_ERR -> "PRIQ MSI write aborted";
                case MSI_GERROR_ABT_ERR -> "GERROR MSI write aborted";
                case SFM_ERR -> "device has entered Service Failure Mode!";
            };
            assertThat(bench.log()).contains(text);
            assertThat(errors[0].gerrorn).isEqualTo(errors[0].gerror);
            assertThat(bench.errors.step()).isFalse();
        }
        assertThat(errors[0].cr0).isZero();
        errors[0].gerror ^= 1L << 30;
        assertThat(bench.errors.step()).isFalse();
    }

    @Test
    void anErrorWhoseReasonIsUnknownIsTakenForAnIllegalCommand() {
        Plan plan = plan(SyncSignal.NONE);
        Errors[] errors = new Errors[1];
        plan.wires = region -> errors[0] = new Errors(region) {
            @Override
            public long read(long offset, int width) {
                return offset == SmmuRegister.CMDQ_CONS.offset() ? 0x7F00_0000L : super.read(offset, width);
            }
        };
        StructureBench bench = plan.boot();
        bench.memory.store64(Structures.ARENA, 0x42);
        errors[0].gerror = 1;
        assertThat(bench.errors.step()).isTrue();
        assertThat(bench.log()).contains("Unknown").contains("0x0000000000000042");
        assertThat(Command.readFrom(bench.memory, Structures.ARENA).opcode()).contains(CommandOpcode.SYNC);
    }
}
