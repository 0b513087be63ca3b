package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.vtd.layout.InvalidationDescriptor;
import io.github.iommu4j.vtd.layout.VtdRegister;
import org.junit.jupiter.api.Test;

class EventInterruptsTest {

    private static final long MASKED = 0x8000_0000L;
    private static final long PENDING = 0x4000_0000L;

    private final RegisterRig rig = RegisterRig.of(Units.FULL);

    private void program(VtdRegister data, VtdRegister address, VtdRegister upper) {
        rig.write(data, 0x1_0031);
        rig.write(address, 0xFEE0_1003L);
        rig.write(upper, 0x100);
    }

    private void faultEvents() {
        program(VtdRegister.FEDATA, VtdRegister.FEADDR, VtdRegister.FEUADDR);
    }

    @Test
    void aMaskedEventWaitsAndIsSentWhenItIsUnmasked() {
        faultEvents();
        rig.report(5, 1);
        assertThat(rig.read(VtdRegister.FECTL)).isEqualTo(MASKED | PENDING);
        assertThat(rig.sent()).isEmpty();
        rig.write(VtdRegister.FECTL, MASKED);
        assertThat(rig.sent()).isEmpty();
        rig.write(VtdRegister.FECTL, 0);
        assertThat(rig.sent()).containsExactly("100fee01000 31");
        assertThat(rig.read(VtdRegister.FECTL)).isZero();
    }

    @Test
    void anUnmaskedEventIsSentAtOnceAndOnceOnly() {
        faultEvents();
        rig.write(VtdRegister.FECTL, 0);
        assertThat(rig.sent()).isEmpty();
        rig.report(5, 1);
        rig.report(5, 2);
        assertThat(rig.sent()).hasSize(1);
        rig.free(0);
        rig.report(5, 3);
        assertThat(rig.sent()).isEmpty();
        rig.free(1);
        rig.free(2);
        rig.report(5, 4);
        assertThat(rig.sent()).hasSize(1);
    }

    @Test
    void theUpperAddressIsUsedWithExtendedModeOnly() {
        RegisterRig other = RegisterRig.of(Units.ecap(Units.ECAP & ~(1L << 4)));
        other.write(VtdRegister.FEADDR, 0xFEE0_0000L);
        other.write(VtdRegister.FEUADDR, 1);
        other.write(VtdRegister.FECTL, 0);
        other.report(5, 1);
        assertThat(other.sent()).containsExactly("fee00000 0");
    }

    @Test
    void whatWaitsFallsWithTheLastStatus() {
        rig.report(5, 1);
        rig.report(5, 2);
        rig.free(0);
        assertThat(rig.read(VtdRegister.FECTL)).isEqualTo(MASKED | PENDING);
        rig.free(1);
        assertThat(rig.read(VtdRegister.FECTL)).isEqualTo(MASKED);
    }

    @Test
    void aQueueErrorIsAnEventUnlessAFaultIsPending() {
        rig.write(VtdRegister.FECTL, 0);
        rig.startQueue();
        rig.submit(new InvalidationDescriptor(0, 0, 0, 0));
        assertThat(rig.status()).isEqualTo(RegisterRig.IQE);
        assertThat(rig.sent()).hasSize(1);
        rig.report(5, 1);
        assertThat(rig.status()).isEqualTo(RegisterRig.IQE | RegisterRig.PPF);
        assertThat(rig.sent()).isEmpty();
        rig.free(0);
        InvalidationDescriptor.waiting().writeTo(rig.memory, RegisterRig.QUEUE, 32);
        rig.write(VtdRegister.FSTS, RegisterRig.IQE);
        assertThat(rig.status()).isZero();
        assertThat(rig.read(VtdRegister.IQH)).isEqualTo(0x20);
    }

    @Test
    void completionEventsFollowTheStatus() {
        program(VtdRegister.IEDATA, VtdRegister.IEADDR, VtdRegister.IEUADDR);
        rig.startQueue();
        InvalidationDescriptor wait = InvalidationDescriptor.waiting().interrupting();
        rig.submit(wait);
        assertThat(rig.read(VtdRegister.ICS)).isEqualTo(1);
        assertThat(rig.read(VtdRegister.IECTL)).isEqualTo(MASKED | PENDING);
        rig.write(VtdRegister.ICS, 0);
        assertThat(rig.read(VtdRegister.IECTL)).isEqualTo(MASKED | PENDING);
        rig.write(VtdRegister.ICS, 1);
        assertThat(rig.read(VtdRegister.ICS)).isZero();
        assertThat(rig.read(VtdRegister.IECTL)).isEqualTo(MASKED);
        rig.write(VtdRegister.IECTL, 0);
        rig.submit(wait, wait);
        assertThat(rig.sent()).containsExactly("100fee01000 31");
    }

    @Test
    void aMessageThatNobodyTakesIsLost() {
        rig.write(VtdRegister.FECTL, 0);
        rig.onMessage = () -> {
            throw new BusErrorException(0);
        };
        assertThat(rig.report(5, 1)).isTrue();
        assertThat(rig.read(VtdRegister.FECTL)).isZero();
    }

    @Test
    void aReceiverMayUseTheRegisters() {
        rig.write(VtdRegister.FECTL, 0);
        rig.onMessage = () -> rig.free(0);
        rig.report(5, 1);
        assertThat(rig.status()).isZero();
        assertThat(rig.sent()).hasSize(1);
    }
}
