package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.DeviceDriver;
import io.github.iommu4j.api.driver.IommuCapability;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.trace.KernelLog;

/** The driver that hands PCI devices to users. It takes only what is bound to it on purpose. */
final class VfioPciDriver implements DeviceDriver {

    private final IommuCore core;
    private final Registry registry;

    VfioPciDriver(IommuCore core, Registry registry) {
        this.core = core;
        this.registry = registry;
    }

    @Override
    public String name() {
        return "vfio-pci";
    }

    @Override
    public boolean matches(Device device) {
        return false;
    }

    @Override
    public boolean managesDma() {
        return true;
    }

    @Override
    public void probe(Device device) {
        DeviceNode node = (DeviceNode) device;
        PciFunction function = node.pciFunction();
        if (function != null && function.secondary() != null) {
            throw new IommuException(Errno.EINVAL, device.name() + " is a bridge");
        }
        IommuGroup group = core.groupOf(device);
        if (group == null || !core.capable(device, IommuCapability.CACHE_COHERENCY)) {
            throw new IommuException(Errno.EINVAL, device.name() + " has no group, or its DMA cannot be coherent");
        }
        registry.add(node, group);
    }

    @Override
    public void remove(Device device) {
        VfioDevice removed = registry.device(device);
        if (core.log().warnOn(removed == null, "vfio-pci removes " + device.name() + ", which it never took")
                || removed == null) {
            return;
        }
        boolean opensMeanwhile = core.release().opensDeviceDuringUnbind();
        if (!opensMeanwhile) {
            removed.group().unlist(removed);
        }
        removed.put();
        awaitRelease(removed);
        if (opensMeanwhile) {
            removed.group().unlist(removed);
        }
        registry.remove(removed);
    }

    private void awaitRelease(VfioDevice device) {
        if (!device.released().isDone()) {
            core.log()
                    .print(
                            KernelLog.Level.WARNING,
                            "vfio-pci " + device.node().name()
                                    + ": No device request channel registered, blocked until released by user");
        }
        device.released().await();
    }
}
