package io.github.iommu4j.testkit.errata;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.FaultReason;
import io.github.iommu4j.core.device.PciHardware;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.lock.ValidatedLocking;
import io.github.iommu4j.core.lockdep.LockReport;
import io.github.iommu4j.core.lockdep.LockValidator;
import io.github.iommu4j.core.lockdep.ReportPolicy;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.vfio.Container;
import io.github.iommu4j.core.vfio.DeviceFile;
import io.github.iommu4j.core.vfio.FaultRegion;
import io.github.iommu4j.core.vfio.GroupFile;
import io.github.iommu4j.core.vfio.MemoryAccounting;
import io.github.iommu4j.core.vfio.UserProcess;
import io.github.iommu4j.core.vfio.Vfio;
import io.github.iommu4j.core.vfio.VfioOptions;
import io.github.iommu4j.testkit.machine.MockHost;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import io.github.iommu4j.testkit.machine.TestMachine;
import io.github.iommu4j.testkit.machine.UserAddressSpace;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** What VFIO's errata need. */
final class VfioErrata {

    private static final String FIRST = "0000:01:00.0";
    private static final String SECOND = "0000:01:01.0";

    private static final int RING_ENTRIES = 4;
    private static final int CONSUMER_INDEX = 4;
    private static final int BEYOND_RING = 1000;
    private static final int FIRST_ENTRY_ADDRESS = 4096 + 24;

    private VfioErrata() {}

    /** Two functions behind a conventional bridge: one group, and one set of devices that are reset together. */
    private static PciHardware hardware() {
        PciHardware hardware = new PciHardware().rootBus(0, 0);
        RequesterId bridge = RequesterId.parse("0000:00:03.0");
        hardware.plug(bridge, PciFunction.at(bridge).bridgeTo(1, 1));
        for (String name : List.of(FIRST, SECOND)) {
            RequesterId id = RequesterId.parse(name);
            hardware.plug(id, PciFunction.at(id));
        }
        return hardware;
    }

    static List<String> openTwoDevices(Set<Erratum> errata) {
        LockValidator validator =
                LockValidator.builder().policy(ReportPolicy.DISABLE_AFTER_FIRST).build();
        TestMachine.Builder description = TestMachine.builder()
                .locking(ValidatedLocking.over(new PlainLocking(), validator))
                .hardware(hardware())
                .iommu(new MockIommuDriver("dmar0", MockHost.intel(48)));
        errata.forEach(description::erratum);
        TestMachine machine = description.build();
        Vfio vfio = new Vfio(machine.core(), VfioOptions.DEFAULT);
        machine.boot(List.of(vfio.pciDriver()));
        for (String name : List.of(FIRST, SECOND)) {
            machine.pciBus().driverOverride(name, "vfio-pci");
            machine.pciBus().bind(name, "vfio-pci");
        }
        use(vfio, Objects.requireNonNull(machine.core().groupOf(machine.device(FIRST))));
        return validator.reports().stream().map(VfioErrata::describe).toList();
    }

    private static void use(Vfio vfio, IommuGroup iommuGroup) {
        UserProcess process = new UserProcess(new UserAddressSpace(0x1000_0000L), new MemoryAccounting());
        Container container = vfio.openContainer(process);
        GroupFile group = vfio.openGroup(iommuGroup.id());
        group.setContainer(container);
        container.setIommu(Container.TYPE1V2_IOMMU);
        DeviceFile first = group.getDevice(FIRST);
        DeviceFile second = group.getDevice(SECOND);
        first.close();
        second.close();
        group.close();
        container.close();
    }

    private static String describe(LockReport report) {
        return report.kind() + ": " + report.toText();
    }

    /** A user that says it reads where the ring does not reach; the first entry tells whether it was overwritten. */
    static List<String> writeIndexBeyondRing(Set<Erratum> errata) {
        ErratumMachine machine = new ErratumMachine(KernelRelease.V6_1, MockHost.intel(48), errata);
        Device device = machine.add("nic");
        FaultRegion region = new FaultRegion(machine.core, new FaultRegion.Place(new SparseMemory(), 0, RING_ENTRIES));
        region.writeConsumer(0, FaultRegion.NEWEST_ABI);
        int recorded = report(region, device, 0, 1);
        region.writeConsumer(CONSUMER_INDEX, BEYOND_RING);
        recorded += report(region, device, 1, 2 * RING_ENTRIES);
        long first = region.readProducer(FIRST_ENTRY_ADDRESS);
        return first == 0
                ? List.of()
                : List.of("the first of " + recorded + " faults was recorded and is overwritten before it is read");
    }

    private static int report(FaultRegion region, Device device, int from, int to) {
        int recorded = 0;
        for (int i = from; i < to; i++) {
            FaultEvent fault = new FaultEvent.Unrecoverable(FaultReason.PTE_FETCH, FaultEvent.READ, -1, i, 0);
            recorded += region.onFault(device, fault) == null ? 1 : 0;
        }
        return recorded;
    }
}
