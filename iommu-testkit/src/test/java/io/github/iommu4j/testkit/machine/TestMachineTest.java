package io.github.iommu4j.testkit.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.core.CoreErratum;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.device.PciHardware;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class TestMachineTest {

    private static final long IOVA = 0x10_0000;
    private static final long PA = 0x4000_0000;

    private static PciHardware oneFunction() {
        RequesterId id = new RequesterId(0, 0, 5, 0);
        return new PciHardware()
                .rootBus(0, 0)
                .plug(id, PciFunction.at(id).ids(0x1234, 0x11E8).classCode(0xFF00));
    }

    private static TestMachine.Builder intel() {
        return TestMachine.builder().hardware(oneFunction()).iommu(new MockIommuDriver("dmar0", MockHost.intel(39)));
    }

    @Test
    void bootingFormsGroupsBindsDriversAndLeavesNothingBehind() {
        TableDriver driver = new TableDriver("edu", TableDriver.Dma.KERNEL_API).id(0x1234, 0x11E8);
        TestMachine machine = intel().build().boot(List.of(driver));
        DeviceNode device = machine.device("0000:00:05.0");
        assertThat(device.driver()).isSameAs(driver);
        IommuGroup group = Objects.requireNonNull(machine.core().groupOf(device));
        assertThat(group.typeName()).isEqualTo("DMA-FQ");
        assertThat(machine.iommus().get(0).attachedType(device)).isEqualTo(DomainType.DMA);
        assertThat(machine.shutDown()).isEmpty();
    }

    @Test
    void aDeviceReadsAndWritesWhatIsMappedAndNothingElse() {
        SparseMemory memory = new SparseMemory();
        TestMachine machine = intel().memory(memory).build().boot(List.of());
        DeviceNode node = machine.device("0000:00:05.0");
        FakeDevice device = new FakeDevice(node, machine.iommus().get(0), machine.memory());
        IommuDomain domain = Objects.requireNonNull(
                Objects.requireNonNull(machine.core().groupOf(node)).domain());
        domain.map(IOVA, PA, 4096, Prot.READ_WRITE);
        domain.map(IOVA + 8192, PA + 8192, 4096, Prot.READ);
        byte[] data = {1, 2, 3, 4, 5, 6, 7};
        device.write(IOVA + 4093, data);
        assertThat(MemoryBytes.read(memory, PA + 4093, 3)).containsExactly(1, 2, 3);
        assertThat(MemoryBytes.read(memory, PA + 4096, 4)).containsOnly(0);
        MemoryBytes.write(memory, PA + 8193, new byte[] {9, 8});
        device.write(IOVA + 8192, data);
        assertThat(device.read(IOVA + 8191, 4)).containsExactly(0, 0, 9, 8);
        domain.unmap(IOVA, 4096);
        domain.unmap(IOVA + 8192, 4096);
        assertThat(device.read(IOVA + 8192, 4)).containsOnly(0);
        assertThat(machine.shutDown()).isEmpty();
    }

    @Test
    void theEngineCopiesThroughItsBuffer() {
        TestMachine machine = intel().systemType(DomainType.IDENTITY).build().boot(List.of());
        FakeDevice device =
                new FakeDevice(machine.device("0000:00:05.0"), machine.iommus().get(0), machine.memory());
        MemoryBytes.write(machine.memory(), PA, new byte[] {1, 2, 3});
        device.fetch(PA, 100, 3);
        device.store(PA + 0x2001, 99, 4);
        assertThat(MemoryBytes.read(machine.memory(), PA + 0x2001, 4)).containsExactly(0, 1, 2, 3);
        assertThatIllegalArgumentException().isThrownBy(() -> device.fetch(PA, 4095, 2));
        assertThatIllegalArgumentException().isThrownBy(() -> device.store(PA, -1, 2));
        assertThatIllegalArgumentException().isThrownBy(() -> device.store(PA, 0, -1));
    }

    @Test
    void everyPartCanBeChosen() {
        TestMachine machine = TestMachine.builder()
                .locking(new PlainLocking())
                .release(KernelRelease.V6_1)
                .warnings(KernelLog.WarnPolicy.RECORD)
                .erratum(CoreErratum.ROLLBACK_FORGETS_OLD_DOMAIN)
                .platformDevice(DeviceNode.Identity.of("dma0", 3))
                .firmware(device -> new FwSpec("smmu", List.of(device.streamId())))
                .iommu(new MockIommuDriver("smmu0", MockHost.arm()))
                .build()
                .boot(List.of());
        assertThat(machine.core().release()).isEqualTo(KernelRelease.V6_1);
        assertThat(machine.core().has(CoreErratum.ROLLBACK_FORGETS_OLD_DOMAIN)).isTrue();
        assertThat(machine.core().groups()).isEmpty();
        TableDriver driver = new TableDriver("dma", TableDriver.Dma.KERNEL_API);
        machine.platformBus().register(driver);
        machine.platformBus().driverOverride("dma0", "dma");
        machine.platformBus().driversProbe("dma0");
        assertThat(machine.core().groups()).hasSize(1);
        assertThat(machine.deferredProbe().waiting()).isZero();
        assertThat(machine.pciBus().nodes()).isEmpty();
        assertThat(machine.pciHost().bus()).isSameAs(machine.pciBus());
        assertThat(machine.hardware()).isNotNull();
        assertThat(machine.device("dma0").driver()).isSameAs(driver);
        assertThatIllegalArgumentException().isThrownBy(() -> machine.device("dma1"));
        assertThat(machine.shutDown()).isEmpty();
    }

    @Test
    void whatIsStillThereIsNamed() {
        TestMachine machine = intel().build().boot(List.of());
        IommuDomain forgotten = machine.core().newPagingDomain(machine.device("0000:00:05.0"));
        assertThat(machine.shutDown()).containsExactlyInAnyOrder("dmar0: domain of type UNMANAGED", "core: 1 domains");
        forgotten.free();
    }

    @Test
    void aTableDriverTakesWhatItsTableNames() {
        DeviceNode device = intel().build().boot(List.of()).device("0000:00:05.0");
        assertThat(new TableDriver("none", TableDriver.Dma.KERNEL_API).matches(device))
                .isFalse();
        assertThat(new TableDriver("id", TableDriver.Dma.KERNEL_API)
                        .id(0x1234, 0x11E8)
                        .matches(device))
                .isTrue();
        assertThat(new TableDriver("id", TableDriver.Dma.KERNEL_API)
                        .id(0x1234, 0)
                        .matches(device))
                .isFalse();
        assertThat(new TableDriver("vendor", TableDriver.Dma.KERNEL_API)
                        .vendor(0x1234)
                        .matches(device))
                .isTrue();
        assertThat(new TableDriver("class", TableDriver.Dma.KERNEL_API)
                        .classId(0xFF01, 0xFF00)
                        .matches(device))
                .isTrue();
        assertThat(new TableDriver("class", TableDriver.Dma.KERNEL_API)
                        .classId(0xFF01, 0xFFFF)
                        .matches(device))
                .isFalse();
        assertThat(new TableDriver("dma", TableDriver.Dma.KERNEL_API).managesDma())
                .isFalse();
        assertThat(new TableDriver("stub", TableDriver.Dma.MANAGED_BY_DRIVER).managesDma())
                .isTrue();
    }

    @Test
    void anIommuServesWhomItIsTold() {
        TestMachine machine = TestMachine.builder()
                .hardware(oneFunction())
                .iommu(new MockIommuDriver("ivhd0", MockHost.amd()).serving(device -> false))
                .build()
                .boot(List.of(new TableDriver("edu", TableDriver.Dma.KERNEL_API)
                        .id(0x1234, 0x11E8)
                        .probing(device -> {
                            throw new IommuException(Errno.ENODEV, "not today");
                        })));
        assertThat(machine.core().groups()).isEmpty();
        assertThat(machine.device("0000:00:05.0").driver()).isNull();
    }
}
