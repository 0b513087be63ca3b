package io.github.iommu4j.lab.kernel;

import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.testkit.machine.FakeDevice;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The DMA engines of the machine's teaching devices. */
final class CopyEngines {

    private static final int VENDOR = 0x1234;
    private static final int DEVICE = 0x11E8;
    /** Bus Master Enable of the PCI Command register. */
    private static final int BUS_MASTER = 4;
    /** What firmware leaves in the PCI Command register: I/O and memory space, SERR#. */
    private static final int COMMAND = 0x103;

    private static final int TO_MEMORY = 1;

    private final KernelMachine machine;
    private final Map<DeviceNode, FakeDevice> engines = new ConcurrentHashMap<>();
    private final Set<DeviceNode> busMasters = ConcurrentHashMap.newKeySet();

    CopyEngines(KernelMachine machine) {
        this.machine = machine;
    }

    /** The device's last file was closed: VFIO switches bus mastering off. */
    void disabled(DeviceNode device) {
        busMasters.remove(device);
    }

    /** Copies between memory and the device's buffer, after switching bus mastering on. */
    Answer copy(DeviceNode device, Arguments arguments) {
        FakeDevice engine = engineOf(device);
        int command = busMasters.add(device) ? COMMAND : COMMAND | BUS_MASTER;
        long iova = arguments.number(2);
        int offset = arguments.integer(3);
        int length = arguments.integer(4);
        if (offset < 0 || length < 0 || length > FakeDevice.BUFFER_SIZE - offset) {
            throw new Operation.OutsideModelException("a transfer beyond the device's buffer");
        }
        if (arguments.integer(1) == TO_MEMORY) {
            engine.store(iova, offset, length);
        } else {
            engine.fetch(iova, offset, length);
        }
        return Answer.OK.with("timeout", 0).with("cmd0", command);
    }

    private FakeDevice engineOf(DeviceNode device) {
        PciFunction function = device.pciFunction();
        MockIommuDriver iommu = machine.iommu();
        if (function == null || iommu == null || function.vendor() != VENDOR || function.device() != DEVICE) {
            throw new Operation.OutsideModelException("the registers of a device without a copy engine");
        }
        return engines.computeIfAbsent(
                device, node -> new FakeDevice(node, iommu, machine.machine().memory()));
    }
}
