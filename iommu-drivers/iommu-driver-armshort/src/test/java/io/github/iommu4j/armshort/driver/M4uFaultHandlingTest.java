package io.github.iommu4j.armshort.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.core.device.DeviceNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** From a faulting access through the interrupt to the domain's handler and back. */
class M4uFaultHandlingTest {

    private static final long IOVA = 0x1234_5000L;

    private record Machine(M4uMachine machine, DeviceNode device) {

        static Machine of(M4uMachine machine, int larb, int port) {
            DeviceNode device = machine.running(larb, port);
            machine.log();
            return new Machine(machine, device);
        }

        static Machine ordinary() {
            return of(new M4uMachine.Plan().boot(), 3, 3);
        }

        int register(M4uRegister register) {
            return (int) machine.m4u.registers().read(register.offset(), 4);
        }
    }

    @Test
    void R250_aFaultReachesTheDomainsHandlerAndIsCleared() {
        Machine it = Machine.ordinary();
        List<String> seen = new ArrayList<>();
        it.machine.domain(it.device).setFaultHandler((domain, device, iova, access) -> {
            seen.add(String.format("%s %s 0x%x %s", domain.type(), device, iova, access));
            return null;
        });
        Translation answer = it.machine.dma(it.device, IOVA + 0x678, Access.WRITE);
        assertThat(answer).isInstanceOfSatisfying(Translation.Fault.class, fault -> {
            assertThat(fault.response()).isEqualTo(FaultResponse.RAZ_WI);
            assertThat(fault.recorded()).isTrue();
        });
        assertThat(it.machine.irq.step()).isTrue();
        assertThat(seen).containsExactly("DMA m4u 0x12345000 WRITE");
        assertThat(it.machine.log()).isEmpty();
        assertThat(it.register(M4uRegister.FAULT_ST1)).isZero();
        assertThat(it.machine.irq.step()).isFalse();
    }

    @Test
    void R251_aFaultNobodyTakesIsOneLine() {
        Machine it = Machine.ordinary();
        it.machine.dma(it.device, IOVA, Access.READ);
        it.machine.irq.step();
        assertThat(it.machine.log())
                .containsExactly("m4u: fault 0x1 at iova 0x12345000, pa 0x0, by 0x18c (larb 3 port 3), layer 0, read");
        it.machine.domain(it.device).setFaultHandler((domain, device, iova, access) -> Errno.ENOSYS);
        it.machine.dma(it.device, IOVA, Access.READ);
        it.machine.irq.step();
        assertThat(it.machine.log()).hasSize(1);
    }

    @Test
    void R251_linesAreLimitedToTenInFiveSeconds() {
        Machine it = Machine.ordinary();
        for (int i = 0; i < 15; i++) {
            it.machine.dma(it.device, IOVA, Access.READ);
            assertThat(it.machine.irq.step()).isTrue();
        }
        assertThat(it.machine.log()).hasSize(10);
        it.machine.clock.pause(5_000_000_000L);
        it.machine.dma(it.device, IOVA, Access.READ);
        it.machine.irq.step();
        assertThat(it.machine.log()).hasSize(1);
    }

    @Test
    void R252_theHandlerClearsThenFlushesEverything() {
        Machine it = Machine.ordinary();
        it.machine.dma(it.device, IOVA, Access.READ);
        it.machine.window.drain();
        it.machine.irq.step();
        assertThat(it.machine.window.drain())
                .containsExactly("INT_CONTROL0=0x106f", "INV_SEL_GEN1=0x3", "INVALIDATE=0x2");
        assertThat(it.register(M4uRegister.INT_CONTROL0)).isEqualTo(0x6F);
    }

    @Test
    void R253_theSecondEnginesRegistersAreReadWhenTheFirstHasNoFault() {
        Machine it = Machine.of(new M4uMachine.Plan().mt8183().boot(), 5, 1);
        it.machine.dma(it.device, IOVA, Access.WRITE);
        it.machine.irq.step();
        assertThat(it.machine.log())
                .containsExactly(
                        "m4u: fault 0x80 at iova 0x12345000, pa 0x0, by 0x104 (larb 5 port 1), layer 0, write");
    }

    @Test
    void R253_ofTwoFaultsTheFirstEnginesIsTold() {
        Machine it = Machine.of(new M4uMachine.Plan().mt8183().boot(), 5, 1);
        DeviceNode other = it.machine.client(4, 2);
        it.machine.driver().runtimeResume(other);
        it.machine.dma(it.device, IOVA, Access.READ);
        it.machine.dma(other, IOVA + 0x1000, Access.READ);
        it.machine.irq.step();
        assertThat(it.machine.log())
                .containsExactly("m4u: fault 0x81 at iova 0x12346000, pa 0x0, by 0x88 (larb 4 port 2), layer 0, read");
        assertThat(it.register(M4uRegister.FAULT_ST1)).isZero();
        assertThat(it.machine.irq.step()).isFalse();
    }

    @Test
    void R254_aDomainThatWasFreedGetsNoFaults() {
        Machine it = Machine.ordinary();
        IommuDomain first = it.machine.domain(it.device);
        first.setFaultHandler((domain, device, iova, access) -> null);
        it.machine.dma(it.device, IOVA, Access.READ);
        it.machine.irq.step();
        assertThat(it.machine.log()).isEmpty();
        it.machine.driver().runtimeSuspend(it.device);
        it.machine.machine.platformBus().remove(it.device);
        it.machine.m4u.larb(3).registers().write(0xF00, 4, 1 << 3);
        it.machine.m4u.translate(DmaRequest.read(it.device.streamId(), IOVA));
        it.machine.irq.step();
        assertThat(it.machine.log()).hasSize(1);
        DeviceNode next = it.machine.client(3, 4);
        it.machine.driver().runtimeResume(next);
        it.machine.domain(next).setFaultHandler((domain, device, iova, access) -> null);
        it.machine.log();
        it.machine.dma(next, IOVA, Access.READ);
        it.machine.irq.step();
        assertThat(it.machine.log()).isEmpty();
    }

    @Test
    void R255_theSystemGoesOnAfterAFault() {
        Machine it = Machine.ordinary();
        it.machine.dma(it.device, IOVA, Access.WRITE);
        it.machine.irq.step();
        it.machine.domain(it.device).map(IOVA, 0x4000_0000L, 0x1000, Prot.READ_WRITE);
        assertThat(it.machine.pa(it.device, IOVA)).isEqualTo(0x4000_0000L);
        it.machine.domain(it.device).unmap(IOVA, 0x1000);
        it.machine.driver().runtimeSuspend(it.device);
        it.machine.assertNoLeaks();
    }
}
