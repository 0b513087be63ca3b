package io.github.iommu4j.lab.kernel;

import io.github.iommu4j.api.device.DeviceDriver;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.core.device.PciHardware;
import io.github.iommu4j.core.device.PciSriov;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.topology.PciePortType;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.core.vfio.Vfio;
import io.github.iommu4j.core.vfio.VfioOptions;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.oracle.MachineEntry;
import io.github.iommu4j.lab.oracle.PciEntry;
import io.github.iommu4j.testkit.machine.MockHost;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import io.github.iommu4j.testkit.machine.TestMachine;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A machine of the oracle with our kernel booted on it. */
final class KernelMachine {

    /** Capability number of power management. */
    private static final int POWER_MANAGEMENT = 0x01;
    /** Capability number of the standard hot-plug controller. */
    private static final int HOT_PLUG_CONTROLLER = 0x0C;

    private final TestMachine machine;
    private final @Nullable MockIommuDriver iommu;
    private final Vfio vfio;
    private final PciSriov sriov;

    private KernelMachine(MachineEntry entry, HostPlan plan, Locking locking) {
        TestMachine.Builder builder = TestMachine.builder()
                .locking(locking)
                .release(plan.release())
                .systemType(plan.systemType())
                .warnings(KernelLog.WarnPolicy.RECORD)
                .hardware(hardware(entry));
        if (plan.firmware() == HostPlan.Firmware.DEVICE_TREE) {
            builder.firmware(device -> new FwSpec("smmu", List.of(device.streamId())));
        }
        iommu = plan.host() == null ? null : iommu(entry, plan.host());
        if (iommu != null) {
            builder.iommu(iommu);
        }
        machine = builder.build();
        NativeDrivers natives =
                NativeDrivers.load(plan.firmware(), functionsWith(entry, HOT_PLUG_CONTROLLER)::contains);
        vfio = new Vfio(
                machine.core(),
                VfioOptions.DEFAULT.withResettable(
                        device -> isResettable(device.pciFunction(), functionsWith(entry, POWER_MANAGEMENT))));
        sriov = new PciSriov(machine.pciHost(), natives::makesVirtualFunctions);
        List<DeviceDriver> drivers = new ArrayList<>(natives.inOrder());
        drivers.add(vfio.pciDriver());
        machine.boot(drivers);
    }

    static KernelMachine boot(MachineEntry entry, Locking locking) throws CaptureException {
        return new KernelMachine(entry, HostPlan.of(entry), locking);
    }

    private static MockIommuDriver iommu(MachineEntry entry, MockHost host) {
        MockIommuDriver driver = new MockIommuDriver(host.kind() + "0", host);
        if (host.kind().equals("amd-iommu")) {
            Set<String> outside = new HashSet<>();
            entry.devices().stream()
                    .filter(device -> !device.isBehindIommu())
                    .forEach(device -> outside.add(device.id().toString()));
            driver.serving(device -> !outside.contains(device.name()));
        }
        return driver;
    }

    private static Set<RequesterId> functionsWith(MachineEntry entry, int capability) {
        Set<RequesterId> functions = new HashSet<>();
        entry.devices().stream()
                .filter(device -> device.capabilities().contains(capability))
                .forEach(device -> functions.add(device.id()));
        return functions;
    }

    /** The emulator's devices lose their state when they are powered down, and any does when its bus is reset. */
    private static boolean isResettable(@Nullable PciFunction function, Set<RequesterId> powerManaged) {
        if (function == null) {
            return false;
        }
        boolean aloneBehindBridge =
                function.bridge() != null && function.bus().functions().size() == 1;
        return aloneBehindBridge || powerManaged.contains(function.id());
    }

    private static PciHardware hardware(MachineEntry entry) {
        PciHardware hardware = new PciHardware();
        entry.devices().stream()
                .filter(PciEntry::isOnRootBus)
                .map(device ->
                        new RequesterId(device.id().segment(), device.id().bus(), 0, 0))
                .distinct()
                .sorted()
                .forEach(root -> hardware.rootBus(root.segment(), root.bus()));
        for (PciEntry device : entry.devices()) {
            hardware.plug(device.id(), describe(device));
            hardware.virtualFunctions(device.id(), virtualFunctions(device));
        }
        return hardware;
    }

    private static PciFunction.Builder describe(PciEntry entry) {
        PciFunction.Builder builder =
                PciFunction.at(entry.id()).ids(entry.vendor(), entry.device()).classCode(entry.classCode());
        if (entry.portType() != null) {
            builder.express(entry.portType());
        }
        if (entry.accessControl() != null) {
            builder.accessControl(entry.accessControl());
        }
        if (entry.buses() != null) {
            builder.bridgeTo(entry.buses().secondary(), entry.buses().subordinate());
        }
        return entry.multifunctionBit() ? builder.multifunctionBit() : builder;
    }

    /** Virtual functions follow their physical one directly, as the emulator's do (VF offset 1, stride 1). */
    private static List<PciFunction.Builder> virtualFunctions(PciEntry physical) {
        List<PciFunction.Builder> functions = new ArrayList<>();
        for (int i = 1; i <= physical.virtualFunctions(); i++) {
            int bits = physical.id().bits() + i;
            RequesterId id = new RequesterId(physical.id().segment(), bits >>> 8 & 0xFF, bits >>> 3 & 0x1F, bits & 7);
            functions.add(PciFunction.at(id)
                    .ids(physical.vendor(), physical.device())
                    .classCode(physical.classCode())
                    .express(PciePortType.ENDPOINT));
        }
        return functions;
    }

    TestMachine machine() {
        return machine;
    }

    /** The IOMMU, or {@code null} without one. */
    @Nullable
    MockIommuDriver iommu() {
        return iommu;
    }

    Vfio vfio() {
        return vfio;
    }

    PciSriov sriov() {
        return sriov;
    }
}
