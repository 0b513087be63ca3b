package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.RefCount;
import io.github.iommu4j.api.lock.RwSemaphore;
import io.github.iommu4j.core.CoreErratum;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeviceNode;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** How devices are opened and closed through their group. */
final class DeviceAccess {

    private static final LockClass BUS_CLASS = new LockClass("pci_bus_sem");

    private final IommuCore core;
    private final KernelRelease release;
    private final Registry registry;
    private final Predicate<DeviceNode> resettable;
    private final RefCount references;
    private final RwSemaphore busSemaphore;

    DeviceAccess(IommuCore core, Registry registry, Predicate<DeviceNode> resettable) {
        this.core = core;
        this.release = core.release();
        this.registry = registry;
        this.resettable = resettable;
        this.references = core.locking().refCount("vfio_pci");
        this.busSemaphore = core.locking().rwSemaphore(BUS_CLASS);
    }

    /** References of vfio-pci; the count starts at one. */
    RefCount references() {
        return references;
    }

    boolean isResettable(DeviceNode node) {
        return resettable.test(node);
    }

    /** Opens a device of a group by its name. */
    DeviceFile open(VfioGroup group, String name) {
        if (!core.has(CoreErratum.VFIO_HOLDS_DEVICE_LOCK_ACROSS_OPEN)) {
            return open(group.find(name));
        }
        group.deviceLock().lock();
        try {
            return open(group.findLocked(name));
        } finally {
            group.deviceLock().unlock();
        }
    }

    private DeviceFile open(VfioDevice device) {
        try {
            if (release.locksDeviceSetBeforeGroup()) {
                openSetFirst(device);
            } else {
                openGroupFirst(device);
            }
        } catch (IommuException refusal) {
            device.put();
            throw refusal;
        }
        return new DeviceFile(this, device);
    }

    /** Closes one file of a device. The group's file may go with it, when no lock is held any more. */
    void close(VfioDevice device) {
        GroupFile file = release.locksDeviceSetBeforeGroup() ? closeSetFirst(device) : closeGroupFirst(device);
        device.put();
        if (file != null) {
            file.put();
        }
    }

    /** 6.2 and later: a device uses its container and its module once, however often it is open. */
    private void openGroupFirst(VfioDevice device) {
        VfioGroup group = device.group();
        group.groupLock().lock();
        try {
            device.set().mutex().lock();
            try {
                if (!device.isOpenLocked()) {
                    group.useContainerLocked();
                    references.get();
                }
                device.openedLocked();
            } finally {
                device.set().mutex().unlock();
            }
        } finally {
            group.groupLock().unlock();
        }
    }

    private @Nullable GroupFile closeGroupFirst(VfioDevice device) {
        VfioGroup group = device.group();
        group.groupLock().lock();
        try {
            device.set().mutex().lock();
            try {
                if (!device.closedLocked()) {
                    return null;
                }
                lookAtNeighbours(device);
                references.put();
                return group.unuseContainerLocked();
            } finally {
                device.set().mutex().unlock();
            }
        } finally {
            group.groupLock().unlock();
        }
    }

    /** Up to 6.1: every file uses the container and the module; the group's lock nests inside the set's. */
    private void openSetFirst(VfioDevice device) {
        VfioGroup group = device.group();
        group.groupLock().lock();
        try {
            group.useContainerLocked();
        } finally {
            group.groupLock().unlock();
        }
        references.get();
        device.set().mutex().lock();
        try {
            group.groupLock().lock();
            device.openedLocked();
            group.groupLock().unlock();
        } finally {
            device.set().mutex().unlock();
        }
    }

    private @Nullable GroupFile closeSetFirst(VfioDevice device) {
        VfioGroup group = device.group();
        device.set().mutex().lock();
        try {
            group.groupLock().lock();
            boolean last = device.closedLocked();
            group.groupLock().unlock();
            if (last) {
                lookAtNeighbours(device);
            }
        } finally {
            device.set().mutex().unlock();
        }
        references.put();
        group.groupLock().lock();
        try {
            return group.unuseContainerLocked();
        } finally {
            group.groupLock().unlock();
        }
    }

    /** The release of 2015 walked the bus for a reset and looked every device on it up in its group. */
    private void lookAtNeighbours(VfioDevice device) {
        BusType bus = device.node().bus();
        if (bus == null || !core.has(CoreErratum.VFIO_HOLDS_DEVICE_LOCK_ACROSS_OPEN)) {
            return;
        }
        busSemaphore.lockRead();
        try {
            for (Device neighbour : bus.devices()) {
                VfioDevice known = registry.device(neighbour);
                if (known != null && known.set() == device.set()) {
                    known.group().isListed(known);
                }
            }
        } finally {
            busSemaphore.unlockRead();
        }
    }
}
