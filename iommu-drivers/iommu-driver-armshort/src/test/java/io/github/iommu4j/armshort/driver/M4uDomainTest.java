package io.github.iommu4j.armshort.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.UserCapabilities;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.armshort.hardware.M4uCapabilities;
import io.github.iommu4j.armshort.hardware.M4uFeature;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Domains: what is mapped the hardware translates, what is unmapped it does not. */
class M4uDomainTest {

    private static final long IOVA = 0x1234_5000L;

    private static void refused(Errno errno, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        IommuException.class,
                        refusal -> assertThat(refusal.errno()).isEqualTo(errno));
    }

    @Test
    void R230_afterMapTheHardwareTranslatesAndAfterUnmapAndSyncItFaults() {
        M4uMachine machine = new M4uMachine.Plan().boot();
        DeviceNode device = machine.running(0, 5);
        IommuDomain domain = machine.domain(device);
        assertThat(machine.dma(device, IOVA, Access.READ)).isInstanceOf(Translation.Fault.class);
        domain.map(IOVA, 0x4000_1000L, 0x1000, Prot.READ_WRITE);
        assertThat(machine.pa(device, IOVA + 8)).isEqualTo(0x4000_1008L);
        assertThat(domain.iovaToPhys(IOVA + 8)).isEqualTo(0x4000_1008L);
        assertThat(domain.unmap(IOVA, 0x1000)).isEqualTo(0x1000);
        assertThat(machine.dma(device, IOVA, Access.WRITE)).isInstanceOf(Translation.Fault.class);
        assertThat(domain.iovaToPhys(IOVA)).isZero();
        machine.driver().runtimeSuspend(device);
        machine.assertNoLeaks();
    }

    @ParameterizedTest
    @CsvSource({"0x1000", "0x10000", "0x100000", "0x1000000"})
    void R230_everySizeIsOneLeafWithoutPermissions(String bytes) {
        long size = Long.decode(bytes);
        M4uMachine machine = new M4uMachine.Plan().boot();
        DeviceNode device = machine.running(0, 5);
        machine.domain(device).map(0x3000_0000L, 0x5000_0000L, size, Prot.READ);
        assertThat(machine.dma(device, 0x3000_0000L + size - 8, Access.WRITE))
                .isInstanceOfSatisfying(Translation.Ok.class, ok -> {
                    assertThat(ok.pa()).isEqualTo(0x5000_0000L + size - 8);
                    assertThat(1L << ok.sizeLg2()).isEqualTo(size);
                    assertThat(ok.permissions()).isEqualTo(7);
                });
    }

    @Test
    void R231_aPartOfALargeLeafIsUnmappedAndTheRestStays() {
        M4uMachine machine = new M4uMachine.Plan().boot();
        DeviceNode device = machine.running(0, 5);
        IommuDomain domain = machine.domain(device);
        domain.map(0x3000_0000L, 0x5000_0000L, 0x10_0000, Prot.READ_WRITE);
        assertThat(machine.pa(device, 0x3000_0000L)).isEqualTo(0x5000_0000L);
        assertThat(domain.unmap(0x3000_3000L, 0x1000)).isEqualTo(0x1000);
        assertThat(machine.pa(device, 0x3000_3000L)).isEqualTo(-1);
        assertThat(machine.pa(device, 0x3000_2000L)).isEqualTo(0x5000_2000L);
        assertThat(machine.pa(device, 0x300F_F000L)).isEqualTo(0x500F_F000L);
    }

    @Test
    void R231_from613APartOfALargeLeafIsRefused() {
        M4uMachine.Plan plan = new M4uMachine.Plan();
        plan.release = KernelRelease.V7_2;
        plan.warnings = KernelLog.WarnPolicy.RECORD;
        M4uMachine machine = plan.boot();
        DeviceNode device = machine.client(0, 5);
        IommuDomain domain = machine.domain(device);
        domain.map(0x3000_0000L, 0x5000_0000L, 0x10_0000, Prot.READ_WRITE);
        assertThat(domain.unmap(0x3000_3000L, 0x1000)).isZero();
        assertThat(domain.iovaToPhys(0x3000_3000L)).isEqualTo(0x5000_3000L);
    }

    /** The M4U caches that there is nothing, so a map must invalidate too. */
    @Test
    void R232_mappingInvalidatesTheRange() {
        M4uMachine machine = new M4uMachine.Plan().boot();
        DeviceNode device = machine.running(0, 5);
        machine.window.drain();
        machine.domain(device).map(IOVA, 0x4000_1000L, 0x3000, Prot.READ_WRITE);
        assertThat(machine.window.drain())
                .containsExactly(
                        "INV_SEL_GEN1=0x3",
                        "INVLD_START_A=0x12345000",
                        "INVLD_END_A=0x12347000",
                        "INVALIDATE=0x1",
                        "CPE_DONE=0x0");
    }

    @Test
    void R233_aDomainThatWasNeverAttachedHasNoTable() {
        M4uMachine machine = new M4uMachine.Plan().boot();
        DeviceNode device = machine.client(0, 5);
        IommuDomain domain = machine.core().newPagingDomain(device);
        assertThat(domain.pageSizes()).isEqualTo(new PageSizes(0x111_1000));
        assertThat(domain.aperture()).isEqualTo(new IovaRange(0, 0xFFFF_FFFFL));
        assertThat(domain.iovaToPhys(IOVA)).isZero();
        refused(Errno.ENODEV, () -> domain.map(IOVA, 0x4000_1000L, 0x1000, Prot.READ));
        refused(Errno.ENODEV, () -> domain.unmap(IOVA, 0x1000));
        machine.window.drain();
        domain.flushIotlbAll();
        domain.iotlbSync(new IotlbGather());
        assertThat(machine.window.drain()).isEmpty();
        domain.free();
        machine.assertNoLeaks();
    }

    /** There is one table base, so every domain maps in the first one's table. */
    @Test
    void R234_everyDomainMapsInTheOneTable() {
        M4uMachine machine = new M4uMachine.Plan().boot();
        DeviceNode device = machine.running(0, 5);
        IommuDomain first = machine.domain(device);
        first.map(IOVA, 0x4000_1000L, 0x1000, Prot.READ);
        IommuDomain second = machine.core().newPagingDomain(device);
        machine.window.drain();
        machine.group(device).attach(second);
        assertThat(machine.window.drain()).isEmpty();
        assertThat(second.iovaToPhys(IOVA)).isEqualTo(0x4000_1000L);
        second.map(IOVA + 0x1000, 0x5000_0000L, 0x1000, Prot.READ);
        assertThat(machine.pa(device, IOVA + 0x1000)).isEqualTo(0x5000_0000L);
        machine.group(device).detach(second);
        second.free();
        assertThat(machine.pa(device, IOVA + 0x1000)).isEqualTo(0x5000_0000L);
        machine.driver().runtimeSuspend(device);
        machine.assertNoLeaks();
    }

    @ParameterizedTest
    @CsvSource({"0x080001000, 0x80001E42", "0x120000000, 0x20000E42"})
    void R235_in4GiBModeBit32IsMappedAndTakenAwayAgain(String address, String descriptor) {
        long pa = Long.decode(address);
        M4uMachine machine = new M4uMachine.Plan().fourGigabytes().boot();
        DeviceNode device = machine.running(0, 5);
        IommuDomain domain = machine.domain(device);
        domain.map(IOVA, pa, 0x1000, Prot.READ_WRITE);
        long table = machine.memory.load32(0x8000_4000L + (IOVA >>> 20 << 2)) & 0xFFFF_FC00L;
        assertThat(machine.memory.load32(table + (IOVA >>> 12 & 255) * 4))
                .isEqualTo(Long.decode(descriptor).intValue());
        assertThat(domain.iovaToPhys(IOVA + 4)).isEqualTo(pa + 4);
        assertThat(machine.pa(device, IOVA + 4)).isEqualTo(pa + 4);
    }

    @Test
    void R236_addressesOutsideThePartsAreErange() {
        M4uMachine.Plan plan = new M4uMachine.Plan();
        plan.warnings = KernelLog.WarnPolicy.RECORD;
        M4uMachine machine = plan.boot();
        DeviceNode device = machine.client(0, 5);
        IommuDomain domain = machine.domain(device);
        refused(Errno.ERANGE, () -> domain.map(0x1_0000_0000L, 0x4000_0000L, 0x1000, Prot.READ));
        refused(Errno.ERANGE, () -> domain.map(IOVA, 0x1_0000_0000L, 0x1000, Prot.READ));
        domain.map(IOVA, 0x4000_0000L, 0x1000, Prot.READ);
        refused(Errno.EEXIST, () -> domain.map(IOVA, 0x5000_0000L, 0x1000, Prot.READ));
        assertThat(domain.unmap(0x5000_0000L, 0x1000)).isZero();
    }

    @Test
    void R236_mt8183Maps35Bits() {
        M4uMachine machine = new M4uMachine.Plan().mt8183().boot();
        DeviceNode device = machine.running(4, 7);
        machine.domain(device).map(0x3000_0000L, 0x7_0500_0000L, 0x100_0000, Prot.READ);
        assertThat(machine.pa(device, 0x30AB_CDE8L)).isEqualTo(0x7_05AB_CDE8L);
    }

    /** Only parts with bits for it can have tables above 4 GiB. */
    @Test
    void R237_aTableAbove4GiBNeedsThePartsConsent() {
        M4uMachine.Plan plan = new M4uMachine.Plan();
        plan.arena = 0x1_8000_0000L;
        plan.warnings = KernelLog.WarnPolicy.RECORD;
        M4uMachine machine = plan.boot();
        DeviceNode device = machine.device(0, 5);
        device.setFwSpec(new FwSpec("m4u", List.of(5)));
        refused(Errno.ENODEV, () -> machine.core().probe(device));
        M4uMachine.Plan able = new M4uMachine.Plan().mt8183();
        able.arena = 0x1_8000_0000L;
        able.capabilities = M4uCapabilities.mt8183().withFeatures(M4uFeature.TABLES_ABOVE_4G);
        able.platform = new M4uPlatform(
                "mt6779-like",
                able.platform.layout(),
                Set.of(M4uFlag.PGTABLE_PA_35_EN, M4uFlag.RESET_AXI),
                able.platform.regions(),
                able.platform.larbs());
        M4uMachine high = able.boot();
        DeviceNode client = high.running(0, 5);
        assertThat(high.m4u.registers().read(M4uRegister.PT_BASE_ADDR.offset(), 4))
                .isEqualTo(0x8000_4001L);
        high.domain(client).map(IOVA, 0x4000_1000L, 0x1000, Prot.READ);
        assertThat(high.pa(client, IOVA)).isEqualTo(0x4000_1000L);
    }

    @Test
    void R238_detachingTakesPortsPastTheM4uAtTheLarbsNextResume() {
        M4uMachine machine = new M4uMachine.Plan().boot();
        DeviceNode device = machine.running(0, 5, 6);
        assertThat(machine.m4u.larb(0).isTranslated(5)).isTrue();
        assertThat(machine.m4u.larb(0).isTranslated(6)).isTrue();
        assertThat(machine.m4u.larb(0).isTranslated(4)).isFalse();
        machine.machine.platformBus().unbind("0.5", "0.5");
        machine.group(device).writeType("identity", UserCapabilities.ALL);
        assertThat(machine.domain(device).type()).isEqualTo(DomainType.IDENTITY);
        assertThat(machine.m4u.larb(0).isTranslated(5)).isTrue();
        machine.driver().runtimeSuspend(device);
        machine.driver().runtimeResume(device);
        assertThat(machine.m4u.larb(0).isTranslated(5)).isFalse();
        assertThat(machine.pa(device, 0x4567_0000L)).isEqualTo(0x4567_0000L);
        machine.group(device).writeType("DMA", UserCapabilities.ALL);
        machine.driver().runtimeSuspend(device);
        machine.driver().runtimeResume(device);
        assertThat(machine.m4u.larb(0).isTranslated(5)).isTrue();
        machine.driver().runtimeSuspend(device);
        machine.assertNoLeaks();
    }

    @Test
    void R238_wherePortsHaveAWordEachTheyAreNeverTakenPastAgain() {
        M4uMachine machine = new M4uMachine.Plan().mt8183().boot();
        DeviceNode device = machine.running(4, 1);
        assertThat(machine.m4u.larb(4).isTranslated(1)).isTrue();
        machine.driver().runtimeSuspend(device);
        machine.machine.platformBus().remove(device);
        DeviceNode other = machine.running(4, 2);
        assertThat(machine.m4u.larb(4).isTranslated(1)).isTrue();
        assertThat(machine.m4u.larb(4).isTranslated(2)).isTrue();
        machine.driver().runtimeSuspend(other);
        machine.running(2, 0);
        assertThat(machine.m4u.larb(2).isTranslated(0)).isFalse();
    }

    @Test
    void R239_aReleasedDevicesPortsGoPast() {
        M4uMachine machine = new M4uMachine.Plan().boot();
        DeviceNode device = machine.client(0, 5);
        DeviceNode other = machine.client(0, 6);
        machine.machine.platformBus().remove(device);
        machine.driver().runtimeResume(other);
        assertThat(machine.m4u.larb(0).isTranslated(5)).isFalse();
        assertThat(machine.m4u.larb(0).isTranslated(6)).isTrue();
    }
}
