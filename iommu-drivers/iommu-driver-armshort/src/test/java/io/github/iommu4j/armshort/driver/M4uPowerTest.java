package io.github.iommu4j.armshort.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.lock.PlainLocking;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Runtime power: who is on when, and what survives. */
class M4uPowerTest {

    private static final long IOVA = 0x1234_5000L;

    /** A power domain that takes the M4U's registers and cache with it. */
    private static final class Cut implements PowerSwitch {
        final List<String> seen = new ArrayList<>();
        Runnable off = () -> {};
        boolean refuses;

        @Override
        public void on() {
            if (refuses) {
                throw new IommuException(Errno.EIO, "the clock does not come on");
            }
            seen.add("on");
        }

        @Override
        public void off() {
            seen.add("off");
            off.run();
        }
    }

    private final Cut cut = new Cut();

    private M4uMachine machine() {
        M4uMachine.Plan plan = new M4uMachine.Plan();
        plan.clock = cut;
        M4uMachine machine = plan.boot();
        cut.off = machine.m4u::reset;
        return machine;
    }

    private static Map<M4uRegister, Long> registers(M4uMachine machine) {
        Map<M4uRegister, Long> values = new EnumMap<>(M4uRegister.class);
        for (M4uRegister register : M4uRegister.values()) {
            if (register != M4uRegister.INV_SEL_GEN1) {
                values.put(register, machine.m4u.registers().read(register.offset(), 4));
            }
        }
        return values;
    }

    @Test
    void R260_aDevicesResumeBringsLarbCommonAndM4uOn() {
        M4uMachine machine = machine();
        DeviceNode device = machine.client(0, 5);
        DeviceNode other = machine.client(1, 0);
        assertThat(cut.seen).containsExactly("on", "off");
        machine.driver().runtimeResume(device);
        machine.driver().runtimeResume(device);
        machine.driver().runtimeResume(other);
        assertThat(cut.seen).containsExactly("on", "off", "on");
        machine.driver().runtimeSuspend(device);
        machine.driver().runtimeSuspend(other);
        assertThat(machine.driver().isInUse()).isTrue();
        machine.driver().runtimeSuspend(device);
        assertThat(machine.driver().isInUse()).isFalse();
        assertThat(cut.seen).containsExactly("on", "off", "on", "off");
    }

    @Test
    void R261_registersAreSavedWhenItGoesOffAndRestoredWhenItComesOn() {
        M4uMachine machine = machine();
        DeviceNode device = machine.running(0, 5);
        machine.domain(device).map(IOVA, 0x4000_1000L, 0x1000, Prot.READ);
        Map<M4uRegister, Long> before = registers(machine);
        assertThat(before).containsEntry(M4uRegister.CTRL_REG, 0x50L).containsEntry(M4uRegister.MISC_CTRL, 0L);
        machine.driver().runtimeSuspend(device);
        assertThat(registers(machine)).containsEntry(M4uRegister.PT_BASE_ADDR, 0L);
        machine.window.drain();
        machine.driver().runtimeResume(device);
        assertThat(machine.window.drain())
                .containsExactly(
                        "WR_LEN_CTRL=0x220022",
                        "MISC_CTRL=0x0",
                        "DCM_DIS=0x0",
                        "CTRL_REG=0x50",
                        "VLD_PA_RNG=0xff00",
                        "INT_CONTROL0=0x6f",
                        "INT_MAIN_CONTROL=0x3fff",
                        "IVRP_PADDR=0x40000000",
                        "PT_BASE_ADDR=0x80004000",
                        "INV_SEL_GEN1=0x3",
                        "INVALIDATE=0x2");
        before.remove(M4uRegister.INVLD_START_A);
        before.remove(M4uRegister.INVLD_END_A);
        assertThat(registers(machine)).containsAllEntriesOf(before);
        assertThat(machine.pa(device, IOVA)).isEqualTo(0x4000_1000L);
    }

    @Test
    void R262_aSavedWrLenCtrlOfZeroMeansThatNothingWasSaved() {
        M4uMachine machine = machine();
        DeviceNode device = machine.running(0, 5);
        machine.m4u.registers().write(M4uRegister.WR_LEN_CTRL.offset(), 4, 0);
        machine.driver().runtimeSuspend(device);
        machine.window.drain();
        machine.driver().runtimeResume(device);
        assertThat(machine.window.drain()).isEmpty();
    }

    @Test
    void R262_beforeTheFirstAttachThereIsNothingToRestoreAndNoTable() {
        M4uMachine machine = machine();
        DeviceNode device = machine.device(0, 5);
        device.setFwSpec(new FwSpec("m4u", List.of(5)));
        machine.driver().probeDevice(device);
        machine.driver().runtimeResume(device);
        assertThat(machine.window.drain()).isEmpty();
        machine.driver().runtimeSuspend(device);
        machine.driver().runtimeResume(device);
        assertThat(machine.window.drain())
                .contains("WR_LEN_CTRL=0x220022")
                .noneMatch(write -> write.startsWith("PT_BASE_ADDR"));
    }

    @Test
    void R263_aClockThatDoesNotComeOnIsToldAndNothingIsOn() {
        M4uMachine machine = machine();
        DeviceNode device = machine.client(0, 5);
        cut.refuses = true;
        assertThatThrownBy(() -> machine.driver().runtimeResume(device))
                .isInstanceOfSatisfying(
                        IommuException.class,
                        refusal -> assertThat(refusal.errno()).isEqualTo(Errno.EIO));
        assertThat(machine.driver().isInUse()).isFalse();
        cut.refuses = false;
        machine.driver().runtimeResume(device);
        assertThat(machine.driver().isInUse()).isTrue();
    }

    @Test
    void R264_theCommonsBusSelIsWrittenWhenItComesOn() {
        M4uMachine machine = new M4uMachine.Plan().mt8183().boot();
        DeviceNode device = machine.client(0, 5);
        assertThat(machine.m4u.common().registers().read(0x220, 4)).isZero();
        machine.driver().runtimeResume(device);
        assertThat(machine.m4u.common().registers().read(0x220, 4)).isEqualTo(0x4414);
    }

    @Test
    void aSupplierIsOnWhileAConsumerIsAlsoWhenTheyAreLinkedLater() {
        PlainLocking locking = new PlainLocking();
        List<String> seen = new ArrayList<>();
        RuntimePower supplier = new RuntimePower(locking, 1, hooks("supplier", seen));
        RuntimePower consumer = new RuntimePower(locking, 0, hooks("consumer", seen));
        consumer.whileInUse(() -> seen.add("never"));
        consumer.get();
        consumer.get();
        consumer.whileInUse(() -> seen.add("in use"));
        consumer.supplyFrom(supplier);
        assertThat(supplier.isInUse()).isTrue();
        consumer.put();
        consumer.put();
        assertThat(supplier.isInUse()).isFalse();
        consumer.get();
        consumer.unlink(supplier);
        assertThat(supplier.isInUse()).isFalse();
        consumer.unlink(supplier);
        consumer.put();
        consumer.supplyFrom(supplier);
        consumer.unlink(supplier);
        assertThat(seen)
                .containsExactly(
                        "consumer on",
                        "in use",
                        "supplier on",
                        "consumer off",
                        "supplier off",
                        "supplier on",
                        "consumer on",
                        "supplier off",
                        "consumer off");
        assertThatThrownBy(consumer::put).isInstanceOf(AssertionError.class);
    }

    /** The last user goes while somebody is at work who keeps the device on for a moment. */
    @Test
    void whoKeepsADeviceOnForAMomentTurnsItOffInTheEnd() {
        List<String> seen = new ArrayList<>();
        RuntimePower power = new RuntimePower(new PlainLocking(), 0, hooks("device", seen));
        power.get();
        power.whileInUse(() -> {
            power.put();
            seen.add("still on");
        });
        assertThat(seen).containsExactly("device on", "still on", "device off");
        power.get();
        power.whileInUse(() -> {
            power.put();
            power.get();
        });
        assertThat(seen).endsWith("device off", "device on");
        assertThat(power.isInUse()).isTrue();
    }

    private static RuntimePower.PowerHooks hooks(String name, List<String> seen) {
        return new RuntimePower.PowerHooks() {
            @Override
            public void resume() {
                seen.add(name + " on");
            }

            @Override
            public void suspend() {
                seen.add(name + " off");
            }
        };
    }
}
