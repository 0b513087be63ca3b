package io.github.iommu4j.core.device;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.core.topology.PciBus;
import io.github.iommu4j.core.topology.PciFunction;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * PCI enumeration, hot removal and rescan, in the kernel's order.
 *
 * <p>A scan adds the functions of a bus slot by slot and goes behind its bridges only then; drivers are looked for when
 * everything was added. A function beside function 0 is marked as multifunction <em>after</em> it was added, so that
 * whoever listens to the addition does not see the mark: groups of functions without the bit in their header split when
 * they are found again.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread; those that change the tree take {@code
 * pci_rescan_remove_lock} and may wait for drivers with it held.
 */
public final class PciHost {

    private static final LockClass LOCK_CLASS = new LockClass("pci_rescan_remove_lock");
    private static final int FUNCTIONS_IN_SLOT = 8;
    private static final int DEVFNS = 256;

    private final PciHardware hardware;
    private final BusType bus;
    private final Mutex rescanRemove;
    private final List<PciBus> roots = new ArrayList<>();
    private final Map<PciFunction, DeviceNode> nodes = Collections.synchronizedMap(new IdentityHashMap<>());
    private final Set<DeviceNode> unattached = Collections.synchronizedSet(new LinkedHashSet<>());

    /**
     * A host that has enumerated nothing.
     *
     * @param hardware what is plugged in
     * @param bus the PCI bus type
     * @param locking where the lock comes from
     */
    public PciHost(PciHardware hardware, BusType bus, Locking locking) {
        this.hardware = hardware;
        this.bus = bus;
        this.rescanRemove = locking.mutex(LOCK_CLASS);
        for (int[] root : hardware.rootBuses()) {
            roots.add(PciBus.root(root[0], root[1]));
        }
    }

    /**
     * The bus type of every function.
     *
     * @return the PCI bus
     */
    public BusType bus() {
        return bus;
    }

    /**
     * The device of a function.
     *
     * @param function a function
     * @return the device, or {@code null} when it is not enumerated
     */
    public @Nullable DeviceNode node(PciFunction function) {
        return nodes.get(function);
    }

    /** Scans every bus and looks for drivers: at boot, and again for the bus's {@code rescan} file. */
    public void rescan() {
        rescanRemove.lock();
        try {
            for (PciBus root : roots) {
                scan(root);
                attach(root);
            }
        } finally {
            rescanRemove.unlock();
        }
    }

    private void scan(PciBus on) {
        boolean single = on.bridge() != null && leadsToOneDevice(on.bridge());
        for (int slot = 0; slot < DEVFNS; slot += FUNCTIONS_IN_SLOT) {
            if (slot == 0 || !single) {
                scanSlot(on, slot);
            }
        }
        for (PciFunction function : on.functions()) {
            PciBus behind = function.secondary();
            if (behind != null) {
                scan(behind);
            }
        }
    }

    private static boolean leadsToOneDevice(PciFunction bridge) {
        return bridge.portType() != null
                && switch (bridge.portType()) {
                    case ROOT_PORT, DOWNSTREAM_PORT, PCI_TO_PCIE_BRIDGE -> true;
                    default -> false;
                };
    }

    private void scanSlot(PciBus on, int slot) {
        PciFunction first = present(on, slot);
        if (first == null || !first.isMultifunction()) {
            return;
        }
        for (int devfn = slot + 1; devfn < slot + FUNCTIONS_IN_SLOT; devfn++) {
            PciFunction other = present(on, devfn);
            if (other != null) {
                other.markMultifunction();
            }
        }
    }

    /** The function at a place, added when it was not known. */
    private @Nullable PciFunction present(PciBus on, int devfn) {
        PciFunction known = on.function(devfn);
        if (known != null) {
            return known;
        }
        PciFunction found = hardware.read(on.segment(), on.number(), devfn);
        if (found != null) {
            add(on, found);
        }
        return found;
    }

    private DeviceNode add(PciBus on, PciFunction function) {
        on.add(function);
        PciFunction bridge = on.bridge();
        DeviceNode parent = bridge == null ? null : nodes.get(bridge);
        RequesterId id = function.id();
        DeviceNode node = bus.add(
                new DeviceNode.Identity(id.toString(), parent, id.segment() << 16 | id.bits(), function),
                added -> nodes.put(function, added));
        unattached.add(node);
        return node;
    }

    private void attach(PciBus on) {
        for (PciFunction function : on.functions()) {
            DeviceNode node = nodes.get(function);
            if (node != null && unattached.remove(node)) {
                attach(node);
            }
        }
        for (PciFunction function : on.functions()) {
            PciBus behind = function.secondary();
            if (behind != null) {
                attach(behind);
            }
        }
    }

    private void attach(DeviceNode node) {
        IommuException refusal = bus.attachNewlyFound(node);
        if (refusal != null) {
            bus.report()
                    .warnOfFailedAttach("pci " + node + ": device attach failed (-"
                            + refusal.errno().number() + ")");
        }
    }

    /**
     * Writes a function's {@code remove} file: releases the drivers of it and of everything behind it, then takes them
     * off the bus. Waits for drivers.
     *
     * @param deviceName the function
     * @throws IommuException {@code ENOENT} when there is no such function
     */
    public void remove(String deviceName) {
        DeviceNode node = require(deviceName);
        rescanRemove.lock();
        try {
            PciFunction function = node.pciFunction();
            if (node.isPresent() && function != null) {
                stop(function);
                delete(function);
            }
        } finally {
            rescanRemove.unlock();
        }
    }

    private DeviceNode require(String deviceName) {
        DeviceNode node = bus.find(deviceName);
        if (node == null) {
            throw new IommuException(Errno.ENOENT, "no PCI function " + deviceName);
        }
        return node;
    }

    private void stop(PciFunction function) {
        PciBus behind = function.secondary();
        if (behind != null) {
            List<PciFunction> children = behind.functions();
            for (int i = children.size() - 1; i >= 0; i--) {
                stop(children.get(i));
            }
        }
        DeviceNode node = nodes.get(function);
        if (node != null) {
            bus.releaseDriver(node);
        }
    }

    private void delete(PciFunction function) {
        PciBus behind = function.secondary();
        if (behind != null) {
            behind.functions().forEach(this::delete);
        }
        DeviceNode node = nodes.get(function);
        if (node != null) {
            bus.remove(node);
            nodes.remove(function);
            unattached.remove(node);
        }
        function.bus().remove(function);
    }

    /** Whether drivers are looked for when virtual functions appear ({@code sriov_drivers_autoprobe}). */
    public enum VirtualFunctionDrivers {
        /** They are. */
        AUTOPROBE,
        /** They are not. */
        LEAVE_UNBOUND
    }

    /** What a function can become, in order; empty without SR-IOV. */
    List<PciFunction.Builder> virtualFunctionsOf(DeviceNode physical) {
        PciFunction function = physical.pciFunction();
        return function == null ? List.of() : hardware.virtualFunctions(function.id());
    }

    /** Makes virtual functions appear, one after the other. */
    List<DeviceNode> addVirtualFunctions(DeviceNode physical, int count, VirtualFunctionDrivers drivers) {
        List<DeviceNode> added = new ArrayList<>();
        PciFunction function = physical.pciFunction();
        rescanRemove.lock();
        try {
            for (PciFunction.Builder description : virtualFunctionsOf(physical).subList(0, count)) {
                if (function != null) {
                    DeviceNode node = add(function.bus(), description.virtual().build());
                    unattached.remove(node);
                    added.add(node);
                    if (drivers == VirtualFunctionDrivers.AUTOPROBE) {
                        attach(node);
                    }
                }
            }
        } finally {
            rescanRemove.unlock();
        }
        return added;
    }

    /** Makes virtual functions go, in order; waits for their drivers. */
    void removeVirtualFunctions(List<DeviceNode> virtual) {
        for (DeviceNode node : virtual) {
            rescanRemove.lock();
            try {
                PciFunction function = node.pciFunction();
                if (node.isPresent() && function != null) {
                    stop(function);
                    delete(function);
                }
            } finally {
                rescanRemove.unlock();
            }
        }
    }
}
