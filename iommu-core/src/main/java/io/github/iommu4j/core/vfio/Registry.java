package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.topology.PciFunction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The devices bound to vfio-pci and their groups. Every method takes {@code vfio.group_lock}. */
final class Registry {

    private static final LockClass LOCK_CLASS = new LockClass("vfio.group_lock");

    private final Locking locking;
    private final FaultRegions faultRegions;
    private final Mutex mutex;

    // Guarded by the mutex.
    private final Map<Integer, VfioGroup> groups = new HashMap<>();
    private final Map<Device, VfioDevice> devices = new HashMap<>();
    private final Map<Object, DeviceSet> sets = new HashMap<>();

    Registry(Locking locking, FaultRegions faultRegions) {
        this.faultRegions = faultRegions;
        this.locking = locking;
        this.mutex = locking.mutex(LOCK_CLASS);
    }

    /** A device was bound: its group's node appears with the first. */
    void add(DeviceNode node, IommuGroup iommuGroup) {
        mutex.lock();
        try {
            VfioGroup group = groups.computeIfAbsent(iommuGroup.id(), id -> new VfioGroup(locking, iommuGroup));
            group.driverBound();
            DeviceSet set = sets.computeIfAbsent(setKey(node), key -> new DeviceSet(locking, key));
            set.joined();
            VfioDevice device = new VfioDevice(faultRegions, node, group, set);
            devices.put(node, device);
            group.list(device);
        } finally {
            mutex.unlock();
        }
    }

    private static Object setKey(DeviceNode node) {
        PciFunction function = node.pciFunction();
        return function == null || function.bridge() == null ? node : function.bus();
    }

    /** A device was unbound and nobody has it open: its group dies with the last. */
    void remove(VfioDevice device) {
        IommuGroup left = null;
        mutex.lock();
        try {
            devices.remove(device.node());
            if (device.set().left()) {
                sets.remove(device.set().key());
            }
            if (device.group().driverUnbound()) {
                groups.remove(device.group().id());
                left = device.group().die();
            }
        } finally {
            mutex.unlock();
        }
        if (left != null) {
            left.put();
        }
    }

    @Nullable
    VfioDevice device(Device node) {
        mutex.lock();
        try {
            return devices.get(node);
        } finally {
            mutex.unlock();
        }
    }

    @Nullable
    VfioGroup group(int id) {
        mutex.lock();
        try {
            return groups.get(id);
        } finally {
            mutex.unlock();
        }
    }

    List<Integer> groupIds() {
        mutex.lock();
        try {
            return new ArrayList<>(groups.keySet());
        } finally {
            mutex.unlock();
        }
    }
}
