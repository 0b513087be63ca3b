package io.github.iommu4j.core.device;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.DeviceDriver;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * What sysfs offers of a physical function's virtual ones: {@code sriov_numvfs} and {@code sriov_drivers_autoprobe}.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread; writing the number takes the physical function's
 * device lock and may wait for drivers.
 */
public final class PciSriov {

    private final PciHost host;
    private final Predicate<DeviceDriver> makesVirtualFunctions;
    private final Map<DeviceNode, PciHost.VirtualFunctionDrivers> autoprobe = new ConcurrentHashMap<>();
    private final Map<DeviceNode, List<DeviceNode>> enabled = new ConcurrentHashMap<>();

    /**
     * No virtual functions yet.
     *
     * @param host where they appear
     * @param makesVirtualFunctions whether a physical function's driver makes them when asked
     */
    public PciSriov(PciHost host, Predicate<DeviceDriver> makesVirtualFunctions) {
        this.host = host;
        this.makesVirtualFunctions = makesVirtualFunctions;
    }

    private DeviceNode require(String name) {
        DeviceNode node = host.bus().find(name);
        if (node == null || host.virtualFunctionsOf(node).isEmpty()) {
            throw new IommuException(Errno.ENOENT, name + " has no virtual functions");
        }
        return node;
    }

    /**
     * Writes {@code sriov_drivers_autoprobe}.
     *
     * @param physical the physical function
     * @param drivers whether drivers are looked for when virtual functions appear from now on; they are at first
     * @throws IommuException {@code ENOENT} when the function cannot have virtual ones
     */
    public void setAutoprobe(String physical, PciHost.VirtualFunctionDrivers drivers) {
        autoprobe.put(require(physical), drivers);
    }

    /**
     * Reads {@code sriov_numvfs}.
     *
     * @param physical the physical function
     * @return how many virtual functions there are
     * @throws IommuException {@code ENOENT} when the function cannot have virtual ones
     */
    public int count(String physical) {
        return enabled.getOrDefault(require(physical), List.of()).size();
    }

    /**
     * Writes {@code sriov_numvfs}.
     *
     * @param physical the physical function
     * @param count how many virtual functions there shall be, 0 for none
     * @throws IommuException {@code ENOENT} when the function cannot have virtual ones, or its driver makes none;
     *     {@code ERANGE} for more than it can have; {@code EBUSY} when there is another number above 0 already
     */
    public void setCount(String physical, int count) {
        DeviceNode node = require(physical);
        if (count < 0 || count > host.virtualFunctionsOf(node).size()) {
            throw new IommuException(Errno.ERANGE, physical + " cannot have " + count + " virtual functions");
        }
        node.mutex().lock();
        try {
            change(node, count);
        } finally {
            node.mutex().unlock();
        }
    }

    private void change(DeviceNode node, int count) {
        List<DeviceNode> present = enabled.getOrDefault(node, List.of());
        if (count == present.size()) {
            return;
        }
        DeviceDriver driver = node.driver();
        if (driver == null || !makesVirtualFunctions.test(driver)) {
            throw new IommuException(Errno.ENOENT, node + " has no driver that makes virtual functions");
        }
        if (count == 0) {
            host.removeVirtualFunctions(present);
            enabled.remove(node);
            return;
        }
        if (!present.isEmpty()) {
            String text = present.size() + " VFs already enabled. Disable before enabling " + count + " VFs";
            host.bus().report().warn(driver.name() + " " + node + ": " + text);
            throw new IommuException(Errno.EBUSY, node + ": " + text);
        }
        PciHost.VirtualFunctionDrivers drivers = autoprobe.getOrDefault(node, PciHost.VirtualFunctionDrivers.AUTOPROBE);
        enabled.put(node, host.addVirtualFunctions(node, count, drivers));
    }
}
