package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandError;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.GlobalError;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** IHI 0070 §3.5 and §7.1: consumption, errors, recovery. */
class CommandQueueTest {

    private static final Command SYNC = Command.of(CommandOpcode.SYNC);
    private static final Command BAD = new Command(0xFF, 0);

    private final Bench bench = new Bench().withCommandQueue(4);

    private static Command ste(int streamId) {
        return Command.of(CommandOpcode.CFGI_STE).with0(Command.STREAM_ID, streamId);
    }

    @Test
    void theDoorbellConsumesWhatIsQueuedInOrder() {
        bench.submit(ste(1), ste(2), SYNC);
        assertThat(bench.log).containsExactly("ste 0x1 all", "ste 0x2 all");
        assertThat(bench.read(SmmuRegister.CMDQ_CONS)).isEqualTo(3);
    }

    @Test
    void theQueueWraps() {
        for (int i = 0; i < 100; i++) {
            bench.submit(ste(i), ste(i + 1000));
        }
        assertThat(bench.log).hasSize(200).endsWith("ste 0x63 all", "ste 0x44b all");
        assertThat(bench.read(SmmuRegister.CMDQ_CONS)).isEqualTo(200 % 32);
    }

    @Test
    void aFullQueueIsConsumedWhole() {
        Command[] commands = new Command[16];
        java.util.Arrays.fill(commands, ste(7));
        bench.submit(commands);
        assertThat(bench.log).hasSize(16);
        assertThat(bench.read(SmmuRegister.CMDQ_CONS)).isEqualTo(16);
    }

    @Test
    void aQueueOfOneEntryWorks() {
        Bench small = new Bench().withCommandQueue(0);
        small.submit(ste(1));
        assertThat(small.read(SmmuRegister.CMDQ_CONS)).isEqualTo(1);
        small.submit(ste(2));
        assertThat(small.read(SmmuRegister.CMDQ_CONS)).isZero();
        assertThat(small.log).containsExactly("ste 0x1 all", "ste 0x2 all");
    }

    @Test
    void theLargestQueueHas2To19Entries() {
        Bench large = new Bench();
        large.write(SmmuRegister.CMDQ_BASE, Bench.COMMANDS | 31);
        large.write(SmmuRegister.CMDQ_CONS, 0x7_FFFF);
        large.write(SmmuRegister.CR0, 8);
        ste(5).writeTo(large.ram, Bench.COMMANDS + 16L * 0x7_FFFF);
        large.write(SmmuRegister.CMDQ_PROD, 0x8_0000);
        assertThat(large.log).containsExactly("ste 0x5 all");
        assertThat(large.read(SmmuRegister.CMDQ_CONS)).isEqualTo(0x8_0000);
    }

    @Test
    void theBaseIsAlignedDownToTheQueuesSize() {
        Bench odd = new Bench();
        odd.write(SmmuRegister.CMDQ_BASE, 0x1000_0800 | 8);
        odd.write(SmmuRegister.CR0, 8);
        ste(9).writeTo(odd.ram, 0x1000_0000);
        odd.write(SmmuRegister.CMDQ_PROD, 1);
        assertThat(odd.log).containsExactly("ste 0x9 all");
    }

    @Test
    void theBaseIsAlignedToAtLeast32Bytes() {
        Bench tiny = new Bench();
        tiny.write(SmmuRegister.CMDQ_BASE, 0x1000_0020);
        tiny.write(SmmuRegister.CR0, 8);
        ste(9).writeTo(tiny.ram, 0x1000_0020);
        tiny.write(SmmuRegister.CMDQ_PROD, 1);
        assertThat(tiny.log).containsExactly("ste 0x9 all");
    }

    @Test
    void theBaseIsTruncatedToTheOutputAddressSize() {
        Bench narrow = new Bench(Smmuv3Capabilities.linuxVirt10());
        narrow.write(SmmuRegister.CMDQ_BASE, 0x00F0_0000_1000_0000L | 4);
        narrow.write(SmmuRegister.CR0, 8);
        ste(9).writeTo(narrow.ram, 0x1000_0000);
        narrow.write(SmmuRegister.CMDQ_PROD, 1);
        assertThat(narrow.log).containsExactly("ste 0x9 all");
    }

    @Test
    void nothingIsConsumedWhileDisabledAndEverythingOnEnable() {
        Bench disabled = new Bench();
        disabled.write(SmmuRegister.CMDQ_BASE, Bench.COMMANDS | 4);
        disabled.submit(ste(1));
        assertThat(disabled.log).isEmpty();
        assertThat(disabled.commands.step()).isFalse();
        disabled.write(SmmuRegister.CR0, 8);
        assertThat(disabled.log).containsExactly("ste 0x1 all");
    }

    @ParameterizedTest
    @CsvSource({"0x07, 0x16", "0x04, 0x05", "0x00, 0x01", "0x1F, 0x0E"})
    void inconsistentIndexesConsumeNothing(String prod, String cons) {
        Bench confused = new Bench();
        confused.write(SmmuRegister.CMDQ_BASE, Bench.COMMANDS | 4);
        confused.write(SmmuRegister.CMDQ_CONS, Long.decode(cons));
        confused.write(SmmuRegister.CMDQ_PROD, Long.decode(prod));
        confused.write(SmmuRegister.CR0, 8);
        assertThat(confused.read(SmmuRegister.CMDQ_CONS)).isEqualTo(Long.decode(cons));
        assertThat(confused.isActive(GlobalError.CMDQ_ERR)).isFalse();
    }

    @Test
    void anIllegalCommandStopsTheQueueOnItself() {
        bench.submit(ste(0), ste(1), ste(2), BAD, ste(4));
        assertThat(bench.read(SmmuRegister.CMDQ_CONS)).isEqualTo(0x0100_0003);
        assertThat(bench.read(SmmuRegister.GERROR)).isEqualTo(1);
        assertThat(bench.log).containsExactly("ste 0x0 all", "ste 0x1 all", "ste 0x2 all");
        bench.submit(ste(5));
        assertThat(bench.log).hasSize(3);
    }

    @Test
    void acknowledgingFetchesTheReplacedCommandAgain() {
        bench.submit(BAD, ste(4));
        ste(3).writeTo(bench.ram, Bench.COMMANDS);
        assertThat(bench.log).isEmpty();
        bench.acknowledgeErrors();
        assertThat(bench.log).containsExactly("ste 0x3 all", "ste 0x4 all");
        assertThat((int) bench.read(SmmuRegister.CMDQ_CONS) & 0xFFFFF).isEqualTo(2);
    }

    @Test
    void acknowledgingWithoutRepairStopsAgain() {
        bench.submit(BAD);
        bench.acknowledgeErrors();
        assertThat(bench.read(SmmuRegister.GERROR)).isZero();
        assertThat(bench.isActive(GlobalError.CMDQ_ERR)).isTrue();
        assertThat(bench.error()).isEqualTo(CommandError.CERROR_ILL.code());
    }

    @Test
    void disablingTheQueueDoesNotClearTheError() {
        bench.submit(BAD);
        bench.write(SmmuRegister.CR0, 0);
        ste(3).writeTo(bench.ram, Bench.COMMANDS);
        bench.write(SmmuRegister.CR0, 8);
        assertThat(bench.isActive(GlobalError.CMDQ_ERR)).isTrue();
        assertThat(bench.log).isEmpty();
    }

    @Test
    void anAbortedFetchIsAnErrorOfItsOwn() {
        bench.brokenPages.add(Bench.COMMANDS >>> 12);
        bench.submit(ste(1));
        assertThat(bench.read(SmmuRegister.CMDQ_CONS)).isEqualTo(0x0200_0000);
        assertThat(bench.isActive(GlobalError.CMDQ_ERR)).isTrue();
        bench.brokenPages.clear();
        bench.acknowledgeErrors();
        assertThat(bench.log).containsExactly("ste 0x1 all");
    }

    @Test
    void theErrorsReasonIsWrittenBeforeTheInterrupt() {
        bench.write(SmmuRegister.GERROR_IRQ_CFG0, 0x8000);
        bench.write(SmmuRegister.IRQ_CTRL, 1);
        bench.duringMessage = () -> bench.log.add(Long.toHexString(bench.read(SmmuRegister.CMDQ_CONS)));
        bench.submit(ste(1), BAD);
        assertThat(bench.log).containsExactly("ste 0x1 all", "line gerror", "1000001", "msi 0x8000=0x0");
    }

    @Test
    void steppedQueuesConsumeOneCommandAStep() {
        Bench stepped = new Bench(Smmuv3Capabilities.everything(), CommandProcessing.STEPPED).withCommandQueue(4);
        stepped.submit(ste(1), BAD);
        assertThat(stepped.log).isEmpty();
        assertThat(stepped.commands.step()).isTrue();
        assertThat(stepped.log).containsExactly("ste 0x1 all");
        assertThat(stepped.commands.step()).as("the error is something done").isTrue();
        assertThat(stepped.commands.step()).isFalse();
        assertThat(stepped.error()).isEqualTo(1);
    }

    /** The guest's slot 1 is a CMD_SYNC whose MSI is a doorbell: a bus that routes MSIs like any other write. */
    @Test
    void aDoorbellRungByTheQueueItselfDoesNotProlongConsumption() {
        Bench cyclic = new Bench().withCommandQueue(1);
        int[] rings = {0};
        cyclic.duringMessage = () -> {
            rings[0]++;
            cyclic.write(SmmuRegister.CMDQ_PROD, (cyclic.read(SmmuRegister.CMDQ_CONS) + 2) & 3);
        };
        Command loud = SYNC.with0(Command.CS, Command.CS_IRQ).with1(Command.MSI_ADDRESS, 0x1000);
        cyclic.submit(loud, loud);
        assertThat(rings[0]).isEqualTo(2);
        assertThat(cyclic.commands.step()).as("what is left is consumed later").isTrue();
        assertThat(rings[0]).isEqualTo(3);
    }

    @Test
    void aStepDuringAStepDoesNothing() {
        boolean[] inner = {true};
        bench.duringInvalidation = () -> inner[0] = bench.commands.step();
        bench.submit(ste(1), ste(2));
        assertThat(inner[0]).isFalse();
        assertThat(bench.log).containsExactly("ste 0x1 all", "ste 0x2 all");
    }

    @Test
    void anotherThreadsDoorbellLeavesTheWorkToTheConsumer() throws InterruptedException {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        bench.duringInvalidation = () -> {
            inside.countDown();
            await(leave);
        };
        Thread first = new Thread(() -> bench.submit(ste(1)));
        first.start();
        await(inside);
        bench.duringInvalidation = () -> {};
        bench.submit(ste(2));
        assertThat(bench.log).containsExactly("ste 0x1 all");
        assertThat(bench.read(SmmuRegister.CMDQ_CONS)).isZero();
        leave.countDown();
        first.join(10_000);
        assertThat(bench.log).containsExactly("ste 0x1 all", "ste 0x2 all");
        assertThat(bench.read(SmmuRegister.CMDQ_CONS)).isEqualTo(2);
    }

    @Test
    void aDoorbellDuringAnotherThreadsStepIsAnsweredByIt() throws InterruptedException {
        Bench stepped = new Bench().withCommandQueue(4);
        stepped.brokenPages.add(Bench.COMMANDS >>> 12);
        stepped.submit(ste(1), ste(2), ste(3));
        stepped.brokenPages.clear();
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        stepped.duringInvalidation = () -> {
            inside.countDown();
            await(leave);
        };
        synchronized (stepped.state) {
            stepped.state.set(SmmuRegister.GERRORN, 1);
        }
        Thread stepper = new Thread(stepped.commands::step);
        stepper.start();
        await(inside);
        stepped.submit(ste(4));
        leave.countDown();
        stepper.join(10_000);
        assertThat(stepped.log).hasSize(4);
    }

    @Test
    void disablingIsAcknowledgedWhenTheCommandInFlightIsConsumed() {
        long[] acknowledged = new long[2];
        bench.duringInvalidation = () -> {
            bench.write(SmmuRegister.CR0, 0);
            acknowledged[0] = bench.read(SmmuRegister.CR0ACK);
            bench.write(SmmuRegister.CMDQ_CONS, 9);
            acknowledged[1] = bench.read(SmmuRegister.CMDQ_CONS);
        };
        bench.submit(ste(1), ste(2));
        assertThat(acknowledged).as("still acknowledged, still guarded").containsExactly(8, 0);
        assertThat(bench.read(SmmuRegister.CR0ACK)).isZero();
        assertThat(bench.read(SmmuRegister.CMDQ_CONS)).isEqualTo(1);
        assertThat(bench.log).containsExactly("ste 0x1 all");
    }

    @Test
    void enablingAgainBeforeTheAcknowledgeCancelsTheUpdate() {
        bench.duringInvalidation = () -> {
            bench.write(SmmuRegister.CR0, 0);
            bench.write(SmmuRegister.CR0, 8);
        };
        bench.submit(ste(1), ste(2));
        assertThat(bench.log).containsExactly("ste 0x1 all", "ste 0x2 all");
        assertThat(bench.read(SmmuRegister.CR0ACK)).isEqualTo(8);
    }

    @Test
    void aResetDuringACommandLeavesNoTrace() {
        bench.duringInvalidation = bench.registers::reset;
        bench.submit(ste(1), ste(2));
        assertThat(bench.read(SmmuRegister.CMDQ_CONS)).isZero();
        assertThat(bench.read(SmmuRegister.CR0ACK)).isZero();
        assertThat(bench.log).containsExactly("ste 0x1 all");
    }

    @Test
    void theQueueSurvivesAnExceptionOfItsSurroundings() {
        bench.duringInvalidation = () -> {
            throw new IllegalStateException("embedder");
        };
        assertThatIllegalStateException().isThrownBy(() -> bench.submit(ste(1)));
        bench.duringInvalidation = () -> {};
        bench.acknowledgeErrors();
        assertThat(bench.log).containsExactly("ste 0x1 all", "ste 0x1 all");
        assertThat((int) bench.read(SmmuRegister.CMDQ_CONS) & 0xFFFFF).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void syncSignalsAsItsCsSays(int cs) {
        bench.submit(
                SYNC.with0(Command.CS, cs).with0(Command.MSI_DATA, 0xABCD).with1(Command.MSI_ADDRESS, 0x2000 >>> 2));
        switch (cs) {
            case Command.CS_IRQ -> assertThat(bench.log).containsExactly("line sync", "msi 0x2000=0xabcd");
            case Command.CS_SEV -> assertThat(bench.log).containsExactly("sev");
            default -> assertThat(bench.log).isEmpty();
        }
        assertThat(bench.read(SmmuRegister.CMDQ_CONS)).isEqualTo(1);
    }

    @Test
    void syncIsConsumedWhenItsMessageArrives() {
        long[] seen = new long[1];
        bench.duringMessage = () -> seen[0] = bench.read(SmmuRegister.CMDQ_CONS);
        bench.submit(ste(1), SYNC.with0(Command.CS, Command.CS_IRQ).with1(Command.MSI_ADDRESS, 1));
        assertThat(seen[0]).isEqualTo(2);
    }

    @Test
    void syncSendsNoMessageToAddress0() {
        bench.submit(SYNC.with0(Command.CS, Command.CS_IRQ));
        assertThat(bench.log).containsExactly("line sync");
    }

    @Test
    void partsWithoutMsisAndEventsSignalByWireOrNotAtAll() {
        Bench plain = new Bench(Smmuv3Capabilities.linuxVirt10()).withCommandQueue(4);
        plain.submit(
                SYNC.with0(Command.CS, Command.CS_IRQ).with1(Command.MSI_ADDRESS, 1),
                SYNC.with0(Command.CS, Command.CS_SEV));
        assertThat(plain.log).containsExactly("line sync");
        assertThat(plain.read(SmmuRegister.CMDQ_CONS)).isEqualTo(2);
    }

    @Test
    void anAbortedMessageLeavesSyncComplete() {
        bench.brokenMsis.add(0x2000L);
        bench.write(SmmuRegister.IRQ_CTRL, 1);
        bench.submit(SYNC.with0(Command.CS, Command.CS_IRQ).with1(Command.MSI_ADDRESS, 0x2000 >>> 2), ste(1));
        assertThat(bench.isActive(GlobalError.MSI_CMDQ_ABT_ERR)).isTrue();
        assertThat(bench.log).containsExactly("line sync", "line gerror", "ste 0x1 all");
        assertThat(bench.read(SmmuRegister.CMDQ_CONS)).isEqualTo(2);
    }

    @Test
    void messageAddressesAreTruncatedToTheOutputAddressSize() {
        Bench narrow = new Bench(Smmuv3Capabilities.linuxVirt10().toBuilder()
                        .enable(IdField.MSI)
                        .build())
                .withCommandQueue(4);
        narrow.submit(SYNC.with0(Command.CS, Command.CS_IRQ).with1(Command.MSI_ADDRESS, 0x00F0_0000_0000_3000L >>> 2));
        assertThat(narrow.log).containsExactly("line sync", "msi 0x3000=0x0");
    }

    @Test
    void syncWaitsForRecordsThatAreBeingWritten() throws InterruptedException {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Thread recorder = new Thread(() -> {
            synchronized (bench.events) {
                held.countDown();
                await(release);
            }
        });
        recorder.start();
        await(held);
        Thread guest = new Thread(() -> bench.submit(ste(1), SYNC));
        guest.start();
        while (guest.getState() != Thread.State.BLOCKED) {
            Thread.onSpinWait();
        }
        assertThat(bench.read(SmmuRegister.CMDQ_CONS))
                .as("the SYNC is not consumed")
                .isEqualTo(1);
        release.countDown();
        guest.join(10_000);
        recorder.join(10_000);
        assertThat(bench.read(SmmuRegister.CMDQ_CONS)).isEqualTo(2);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
