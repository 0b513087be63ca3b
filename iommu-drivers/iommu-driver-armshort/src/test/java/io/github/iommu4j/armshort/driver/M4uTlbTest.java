package io.github.iommu4j.armshort.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.armshort.hardware.RangeCompletion;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.core.device.DeviceNode;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Invalidations of the driver: sequence, poll, time limit. */
class M4uTlbTest {

    private static final long IOVA = 0x1234_5000L;

    private static M4uMachine slow() {
        M4uMachine.Plan plan = new M4uMachine.Plan();
        plan.completion = RangeCompletion.ON_STEP;
        return plan.boot();
    }

    @Test
    void R240_aRangeIsPolledForAndAcknowledged() {
        M4uMachine machine = new M4uMachine.Plan().boot();
        DeviceNode device = machine.running(0, 5);
        IommuDomain domain = machine.domain(device);
        domain.map(IOVA, 0x4000_1000L, 0x1000, Prot.READ);
        machine.window.drain();
        long reads = machine.window.reads();
        domain.unmap(IOVA, 0x1000);
        assertThat(machine.window.drain())
                .containsExactly(
                        "INV_SEL_GEN1=0x3",
                        "INVLD_START_A=0x12345000",
                        "INVLD_END_A=0x12345000",
                        "INVALIDATE=0x1",
                        "CPE_DONE=0x0");
        assertThat(machine.window.reads() - reads).isEqualTo(1);
        assertThat(machine.clock.nanos()).isZero();
    }

    @Test
    void R240_everythingIsInvalidatedWithoutAPoll() {
        M4uMachine machine = new M4uMachine.Plan().boot();
        DeviceNode device = machine.running(0, 5);
        machine.window.drain();
        long reads = machine.window.reads();
        machine.domain(device).flushIotlbAll();
        assertThat(machine.window.drain()).containsExactly("INV_SEL_GEN1=0x3", "INVALIDATE=0x2");
        assertThat(machine.window.reads()).isEqualTo(reads);
    }

    @Test
    void R241_aRangeThatTakesTooLongEndsInInvalidatingEverything() {
        M4uMachine machine = slow();
        DeviceNode device = machine.running(0, 5);
        IommuDomain domain = machine.domain(device);
        domain.map(IOVA, 0x4000_1000L, 0x1000, Prot.READ);
        assertThat(machine.log()).singleElement().asString().contains("m4u", "0x12345000", "1000 us");
        assertThat(machine.clock.nanos()).isEqualTo(1_000_000);
        assertThat(machine.pa(device, IOVA)).isEqualTo(0x4000_1000L);
        machine.window.drain();
        long reads = machine.window.reads();
        domain.unmap(IOVA, 0x1000);
        assertThat(machine.window.reads() - reads).isEqualTo(101);
        assertThat(machine.window.drain())
                .endsWith("INVALIDATE=0x1", "CPE_DONE=0x0", "INV_SEL_GEN1=0x3", "INVALIDATE=0x2");
        assertThat(machine.pa(device, IOVA)).isEqualTo(-1);
    }

    @Test
    void R241_aPollEndsByTheClockOrByTheNumberOfReads() {
        M4uMachine machine = slow();
        machine.running(0, 5);
        for (PollClock clock : new PollClock[] {new FrozenClock(), new LeapingClock()}) {
            MediatekHost host = new MediatekHost(
                    machine.core(), machine.machine.platformBus(), machine.memory, machine.allocator, clock);
            M4uNode node = Objects.requireNonNull(machine.tree.m4u("m4u"));
            long reads = machine.window.reads();
            new M4uTlb(node, new Mmio(machine.window), host).flushRange(IOVA, IOVA + 0xFFF);
            assertThat(machine.window.reads() - reads).isEqualTo(clock instanceof FrozenClock ? 101 : 2);
        }
    }

    /** Time stands still. */
    private static final class FrozenClock implements PollClock {
        @Override
        public long nanos() {
            return 7;
        }

        @Override
        public void pause(long nanos) {}
    }

    /** Every pause takes as long as a whole poll may. */
    private static final class LeapingClock implements PollClock {
        private long now;

        @Override
        public long nanos() {
            return now;
        }

        @Override
        public void pause(long nanos) {
            now += 2_000_000;
        }
    }

    /** The hardware finishes while the driver lets time pass. */
    @Test
    void R241_aRangeThatFinishesInTimeIsEnough() {
        M4uMachine machine = slow();
        DeviceNode device = machine.running(0, 5);
        machine.domain(device).map(IOVA, 0x4000_1000L, 0x1000, Prot.READ);
        machine.log();
        PollClock stepping = new PollClock() {
            private long now;

            @Override
            public long nanos() {
                return now;
            }

            @Override
            public void pause(long nanos) {
                now += nanos;
                if (now == 50_000) {
                    machine.m4u.step();
                }
            }
        };
        MediatekHost host = new MediatekHost(
                machine.core(), machine.machine.platformBus(), machine.memory, machine.allocator, stepping);
        M4uNode node = Objects.requireNonNull(machine.tree.m4u("m4u"));
        new M4uTlb(node, new Mmio(machine.window), host).flushRange(IOVA, IOVA + 0xFFF);
        assertThat(stepping.nanos()).isEqualTo(50_000);
        assertThat(machine.log()).isEmpty();
    }

    /** What a driver without the poll would leave behind. */
    @Test
    void R242_aForgottenPollIsVisible() {
        M4uMachine machine = new M4uMachine.Plan().boot();
        DeviceNode device = machine.running(0, 5);
        IommuDomain domain = machine.domain(device);
        domain.map(IOVA, 0x4000_1000L, 0x1000, Prot.READ);
        assertThat(machine.pa(device, IOVA)).isEqualTo(0x4000_1000L);
        domain.unmapFast(IOVA, 0x1000, new IotlbGather());
        assertThat(machine.pa(device, IOVA)).isEqualTo(0x4000_1000L);
        int[] values = {3, (int) IOVA, (int) IOVA, 1};
        M4uRegister[] registers = {
            M4uRegister.INV_SEL_GEN1, M4uRegister.INVLD_START_A, M4uRegister.INVLD_END_A, M4uRegister.INVALIDATE
        };
        for (int i = 0; i < values.length; i++) {
            machine.window.write(registers[i].offset(), 4, values[i]);
        }
        assertThat(machine.pa(device, IOVA)).isEqualTo(0x4000_1000L);
        assertThat(machine.window.read(M4uRegister.CPE_DONE.offset(), 4)).isEqualTo(1);
        assertThat(machine.pa(device, IOVA)).isEqualTo(-1);
    }

    @Test
    void R243_anM4uThatIsOffIsSkippedAndInvalidatedWhenItComesOn() {
        M4uMachine machine = new M4uMachine.Plan().boot();
        DeviceNode device = machine.client(0, 5);
        IommuDomain domain = machine.domain(device);
        machine.driver().runtimeResume(device);
        domain.map(IOVA, 0x4000_1000L, 0x1000, Prot.READ);
        assertThat(machine.pa(device, IOVA)).isEqualTo(0x4000_1000L);
        machine.driver().runtimeSuspend(device);
        machine.window.drain();
        domain.unmap(IOVA, 0x1000);
        assertThat(machine.window.drain()).isEmpty();
        assertThat(machine.pa(device, IOVA)).isEqualTo(0x4000_1000L);
        machine.driver().runtimeResume(device);
        assertThat(machine.window.drain()).endsWith("INV_SEL_GEN1=0x3", "INVALIDATE=0x2");
        assertThat(machine.pa(device, IOVA)).isEqualTo(-1);
    }

    @Test
    void R244_aGatherOfSeveralUnmapsIsOneRange() {
        M4uMachine machine = new M4uMachine.Plan().boot();
        DeviceNode device = machine.running(0, 5);
        IommuDomain domain = machine.domain(device);
        domain.map(IOVA, 0x4000_0000L, 0x4000, Prot.READ);
        machine.window.drain();
        IotlbGather gather = new IotlbGather();
        domain.unmapFast(IOVA, 0x1000, gather);
        domain.unmapFast(IOVA + 0x2000, 0x1000, gather);
        assertThat(machine.window.drain()).isEmpty();
        domain.iotlbSync(gather);
        assertThat(machine.window.drain()).contains("INVLD_START_A=0x12345000", "INVLD_END_A=0x12347000");
        IotlbGather queued = IotlbGather.queued();
        domain.unmapFast(IOVA + 0x1000, 0x1000, queued);
        assertThat(queued.isEmpty()).isTrue();
    }

    /** A table that is freed has been invalidated before. */
    @Test
    void R245_aTableInTheWayOfALeafIsInvalidatedBeforeItIsFreed() {
        M4uMachine machine = new M4uMachine.Plan().boot();
        DeviceNode device = machine.running(0, 5);
        IommuDomain domain = machine.domain(device);
        domain.map(0x3000_0000L, 0x4000_0000L, 0x1000, Prot.READ);
        domain.unmap(0x3000_0000L, 0x1000);
        machine.window.drain();
        domain.map(0x3000_0000L, 0x5000_0000L, 0x10_0000, Prot.READ);
        assertThat(machine.window.drain())
                .filteredOn(write -> write.startsWith("INVLD_"))
                .containsExactly(
                        "INVLD_START_A=0x30000000",
                        "INVLD_END_A=0x300ff000",
                        "INVLD_START_A=0x30000000",
                        "INVLD_END_A=0x300ff000");
    }
}
