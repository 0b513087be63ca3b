package io.github.iommu4j.armshort.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.armshort.hardware.M4uCapabilities;
import io.github.iommu4j.armshort.layout.M4uLayout;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the first attach writes, register by register. */
class M4uBringUpTest {

    @Test
    void R201_theFirstAttachWritesWhatLinux61WritesInItsOrder() {
        M4uMachine machine = new M4uMachine.Plan().boot();
        assertThat(machine.window.drain()).isEmpty();
        machine.client(0, 5);
        assertThat(machine.window.drain())
                .containsExactly(
                        "CTRL_REG=0x50",
                        "DCM_DIS=0x0",
                        "MISC_CTRL=0x0",
                        "INT_CONTROL0=0x6f",
                        "INT_MAIN_CONTROL=0x3fff",
                        "IVRP_PADDR=0x40000000",
                        "PT_BASE_ADDR=0x80004000");
        machine.client(1, 0);
        assertThat(machine.window.drain()).isEmpty();
        machine.assertNoLeaks();
    }

    @Test
    void R201_laterPartsSetProtectionBesideWhatIsThere() {
        M4uMachine machine = new M4uMachine.Plan().mt8183().boot();
        machine.m4u.registers().write(0x110, 4, 0x100);
        machine.client(0, 5);
        assertThat(machine.window.drain())
                .containsExactly(
                        "CTRL_REG=0x120",
                        "DCM_DIS=0x0",
                        "MISC_CTRL=0x0",
                        "INT_CONTROL0=0x6f",
                        "INT_MAIN_CONTROL=0x3fff",
                        "IVRP_PADDR=0x80000000",
                        "PT_BASE_ADDR=0x80004000");
    }

    @Test
    void R201_mt2712In4GiBModeSetsTheValidRangeAndClearsTheAxiBits() {
        M4uMachine.Plan plan = new M4uMachine.Plan().fourGigabytes();
        plan.platform = M4uPlatform.mt2712();
        plan.capabilities = M4uCapabilities.mt2712();
        plan.smi = SmiPlatform.MT2712;
        M4uMachine machine = plan.boot();
        machine.client(0, 5);
        assertThat(machine.window.drain())
                .containsExactly(
                        "CTRL_REG=0x20",
                        "VLD_PA_RNG=0x704",
                        "DCM_DIS=0x0",
                        "MISC_CTRL=0x20002",
                        "INT_CONTROL0=0x6f",
                        "INT_MAIN_CONTROL=0x3fff",
                        "IVRP_PADDR=0x80000001",
                        "PT_BASE_ADDR=0x80004000");
    }

    @Test
    void R201_writesMayBeThrottledAndComeOutOfOrder() {
        M4uMachine.Plan plan = new M4uMachine.Plan().mt8183();
        plan.platform = new M4uPlatform(
                "mt6779-like",
                M4uLayout.MT8183,
                Set.of(M4uFlag.WR_THROT_EN, M4uFlag.OUT_ORDER_WR_EN, M4uFlag.DCM_DISABLE, M4uFlag.STD_AXI_MODE),
                M4uPlatform.mt8183().regions(),
                M4uPlatform.mt8183().larbs());
        M4uMachine machine = plan.boot();
        machine.client(0, 5);
        assertThat(machine.window.drain())
                .containsSubsequence("DCM_DIS=0x100", "WR_LEN_CTRL=0x20002", "MISC_CTRL=0x80008", "INT_CONTROL0=0x6f");
    }

    @Test
    void R202_theProtectBufferIsZeroedMemoryOf256Bytes() {
        M4uMachine machine = new M4uMachine.Plan().boot();
        machine.client(0, 5);
        long buffer = machine.m4u.protectAddress(0);
        assertThat(buffer % 256).isZero();
        assertThat(machine.allocator.live())
                .anyMatch(piece -> piece.size() == 512
                        && piece.address() <= buffer
                        && buffer + 256 <= piece.address() + piece.size());
        for (long at = buffer; at < buffer + 256; at += 8) {
            assertThat(machine.memory.load64(at)).isZero();
        }
    }

    @Test
    void R202_in4GiBModeTheProtectAddressHasBit32() {
        M4uMachine machine = new M4uMachine.Plan().fourGigabytes().boot();
        machine.client(0, 5);
        assertThat(machine.window.drain()).contains("IVRP_PADDR=0xc0000000");
        assertThat(machine.m4u.protectAddress(0)).isEqualTo(M4uMachine.ARENA);
    }

    @Test
    void R202_theProtectAddressIsRoundedUp() {
        M4uMachine.Plan plan = new M4uMachine.Plan();
        plan.arena = M4uMachine.ARENA + 0x2C0;
        M4uMachine machine = plan.boot();
        machine.client(0, 5);
        assertThat(machine.m4u.protectAddress(0) & 0xFF).isZero();
        assertThat(machine.window.drain()).anyMatch(write -> write.startsWith("IVRP_PADDR="));
        machine.assertNoLeaks();
    }

    @Test
    void R203_aTakenInterruptIsEnodevAndLeavesNoTable() {
        M4uMachine.Plan plan = new M4uMachine.Plan();
        plan.warnings = KernelLog.WarnPolicy.RECORD;
        M4uMachine machine = plan.boot();
        machine.irq.request(() -> {});
        DeviceNode device = machine.device(0, 5);
        device.setFwSpec(new FwSpec("m4u", List.of(5)));
        assertThatThrownBy(() -> machine.core().probe(device))
                .isInstanceOfSatisfying(
                        IommuException.class,
                        refusal -> assertThat(refusal.errno()).isEqualTo(Errno.ENODEV));
        assertThat(machine.window.drain()).endsWith("PT_BASE_ADDR=0x0");
        assertThat(machine.driver().isInUse()).isFalse();
        machine.irq.free();
        device.setFwSpec(new FwSpec("m4u", List.of(5)));
        machine.core().probe(device);
        assertThat(machine.window.drain()).endsWith("PT_BASE_ADDR=0x80004000");
        machine.assertNoLeaks();
    }
}
