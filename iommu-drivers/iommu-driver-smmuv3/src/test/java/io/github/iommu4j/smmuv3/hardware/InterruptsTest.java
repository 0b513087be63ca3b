package io.github.iommu4j.smmuv3.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.MemoryAttributes;
import io.github.iommu4j.api.dma.Shareability;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.GlobalError;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** IHI 0070 §3.18: sources, messages, enables. */
class InterruptsTest {

    private final Bench bench = new Bench(Smmuv3Capabilities.everything().toBuilder()
            .enable(IdField.ATS, IdField.PRI)
            .build());

    private void raise(InterruptSource source) {
        synchronized (bench.state) {
            bench.interrupts.raise(source);
        }
        bench.interrupts.deliver();
    }

    private void signal(GlobalError error) {
        synchronized (bench.state) {
            bench.interrupts.signal(error);
        }
        bench.interrupts.deliver();
    }

    private void configure(InterruptSource source, long address, int data) {
        bench.write(source.address(), address);
        bench.write(source.data(), data);
        bench.write(
                SmmuRegister.IRQ_CTRL,
                bench.read(SmmuRegister.IRQ_CTRL) | source.enable().mask());
    }

    @ParameterizedTest
    @EnumSource(InterruptSource.class)
    void anEnabledSourcePulsesItsLineAndSendsItsMessage(InterruptSource source) {
        configure(source, 0x9000, 0x55);
        raise(source);
        assertThat(bench.log)
                .containsExactly("line " + source.name().toLowerCase(java.util.Locale.ROOT), "msi 0x9000=0x55");
    }

    @ParameterizedTest
    @EnumSource(InterruptSource.class)
    void aDisabledSourceIsSilent(InterruptSource source) {
        configure(source, 0x9000, 0x55);
        bench.write(SmmuRegister.IRQ_CTRL, ~source.enable().mask());
        raise(source);
        assertThat(bench.log).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "0x0F, 255, NON_SHAREABLE",
        "0x1F, 255, NON_SHAREABLE",
        "0x2F, 255, OUTER",
        "0x3F, 255, INNER",
        "0x3A, 187, INNER",
        "0x35, 68, OUTER",
        "0x31, 4, OUTER",
        "0x34, 0, OUTER",
    })
    void messagesCarryTheAttributesOfTheirRegisterOrCommand(String bits, int type, Shareability shareability) {
        int value = Integer.decode(bits);
        for (InterruptSource source : InterruptSource.values()) {
            bench.write(source.attributes(), value);
            configure(source, 0x9000, 0x55);
            raise(source);
            assertThat(bench.messageAttributes).isEqualTo(new MemoryAttributes(type, shareability));
        }
        bench.messageAttributes = null;
        bench.interrupts.completed(Command.of(CommandOpcode.SYNC)
                .with0(Command.CS, Command.CS_IRQ)
                .with0(Command.MSI_ATTR, value & 15)
                .with0(Command.MSH, value >> 4)
                .with1(Command.MSI_ADDRESS, 1));
        assertThat(bench.messageAttributes).isEqualTo(new MemoryAttributes(type, shareability));
    }

    @Test
    void address0SendsNoMessage() {
        configure(InterruptSource.EVENTQ, 0, 0x55);
        raise(InterruptSource.EVENTQ);
        assertThat(bench.log).containsExactly("line eventq");
    }

    @ParameterizedTest
    @EnumSource(InterruptSource.class)
    void anAbortedMessageIsAGlobalError(InterruptSource source) {
        bench.brokenMsis.add(0x9000L);
        configure(source, 0x9000, 0x55);
        raise(source);
        assertThat(bench.isActive(source.aborted())).isTrue();
    }

    @Test
    void anAbortedMessageRaisesTheErrorInterrupt() {
        bench.brokenMsis.add(0x9000L);
        configure(InterruptSource.EVENTQ, 0x9000, 1);
        configure(InterruptSource.GERROR, 0xA000, 2);
        raise(InterruptSource.EVENTQ);
        assertThat(bench.log).containsExactly("line eventq", "line gerror", "msi 0xa000=0x2");
    }

    @Test
    void anAbortedErrorMessageRaisesNothing() {
        bench.brokenMsis.add(0xA000L);
        configure(InterruptSource.GERROR, 0xA000, 2);
        signal(GlobalError.CMDQ_ERR);
        assertThat(bench.log).containsExactly("line gerror");
        assertThat(bench.isActive(GlobalError.MSI_GERROR_ABT_ERR)).isTrue();
    }

    @Test
    void anErrorThatIsAlreadyActiveRaisesNothing() {
        configure(InterruptSource.GERROR, 0, 0);
        signal(GlobalError.CMDQ_ERR);
        signal(GlobalError.CMDQ_ERR);
        assertThat(bench.log).containsExactly("line gerror");
        bench.acknowledgeErrors();
        signal(GlobalError.CMDQ_ERR);
        assertThat(bench.log).containsExactly("line gerror", "line gerror");
        assertThat(bench.read(SmmuRegister.GERROR)).isZero();
    }

    @Test
    void theErrorCanBeSeenWhenItsInterruptArrives() {
        AtomicLong seen = new AtomicLong();
        bench.duringMessage = () -> seen.set(bench.read(SmmuRegister.GERROR));
        configure(InterruptSource.GERROR, 0xA000, 2);
        signal(GlobalError.SFM_ERR);
        assertThat(seen.get()).isEqualTo(GlobalError.SFM_ERR.mask());
    }

    @Test
    void disablingIsAcknowledgedWhenTheMessageHasArrived() {
        AtomicLong acknowledged = new AtomicLong();
        bench.duringMessage = () -> {
            bench.write(SmmuRegister.IRQ_CTRL, 0);
            acknowledged.set(bench.read(SmmuRegister.IRQ_CTRLACK));
            bench.write(SmmuRegister.EVENTQ_IRQ_CFG0, 0);
        };
        configure(InterruptSource.EVENTQ, 0x9000, 1);
        raise(InterruptSource.EVENTQ);
        assertThat(acknowledged.get()).isEqualTo(4);
        assertThat(bench.read(SmmuRegister.IRQ_CTRLACK)).isZero();
        assertThat(bench.read(SmmuRegister.EVENTQ_IRQ_CFG0))
                .as("guarded meanwhile")
                .isEqualTo(0x9000);
    }

    @Test
    void noLockIsHeldWhileAMessageIsSent() throws InterruptedException {
        boolean[] answered = new boolean[1];
        bench.duringMessage = () -> {
            Thread reader = new Thread(() -> {
                bench.read(SmmuRegister.GERROR);
                bench.event(2);
                bench.write(SmmuRegister.CMDQ_PROD, 0);
                answered[0] = true;
            });
            reader.start();
            try {
                reader.join(10_000);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            bench.duringMessage = () -> {};
        };
        bench.withEventQueue(2);
        configure(InterruptSource.EVENTQ, 0x9000, 1);
        bench.event(1);
        assertThat(answered[0]).isTrue();
        assertThat(bench.read(SmmuRegister.EVENTQ_PROD)).isEqualTo(2);
    }

    @Test
    void linesAreConnectedOneByOne() {
        StringBuilder pulses = new StringBuilder();
        Smmuv3Interrupts lines = Smmuv3Interrupts.none()
                .withEventQueue(() -> pulses.append('e'))
                .withPageRequestQueue(() -> pulses.append('p'))
                .withGlobalError(() -> pulses.append('g'))
                .withCommandSync(() -> pulses.append('s'))
                .withWakeUp(() -> pulses.append('w'));
        lines.eventQueue().pulse();
        lines.pageRequestQueue().pulse();
        lines.globalError().pulse();
        lines.commandSync().pulse();
        lines.wakeUp().pulse();
        Smmuv3Interrupts.none().wakeUp().pulse();
        assertThat(pulses).hasToString("epgsw");
    }
}
