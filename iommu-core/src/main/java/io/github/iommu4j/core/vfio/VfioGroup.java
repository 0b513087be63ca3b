package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A group with at least one device bound to vfio-pci (Linux {@code vfio_group}). When the last such device goes, the
 * group is dead for good; files of it stay, and answer {@code ENODEV}.
 */
final class VfioGroup {

    private static final LockClass GROUP_CLASS = new LockClass("&group->group_lock");
    private static final LockClass DEVICE_CLASS = new LockClass("&group->device_lock");

    private final int id;
    private final Mutex groupLock;
    private final Mutex deviceLock;

    // Guarded by the device lock.
    private final List<VfioDevice> devices = new ArrayList<>();

    // Guarded by the group lock.
    private @Nullable IommuGroup iommuGroup;
    private @Nullable Container container;
    private @Nullable GroupFile openedFile;
    private int containerUsers;

    // Guarded by the lock of the registry.
    private int drivers;

    VfioGroup(Locking locking, IommuGroup iommuGroup) {
        this.id = iommuGroup.id();
        this.iommuGroup = iommuGroup.get();
        this.groupLock = locking.mutex(GROUP_CLASS);
        this.deviceLock = locking.mutex(DEVICE_CLASS);
    }

    int id() {
        return id;
    }

    Mutex groupLock() {
        return groupLock;
    }

    Mutex deviceLock() {
        return deviceLock;
    }

    /** A device can be opened from now on. */
    void list(VfioDevice device) {
        deviceLock.lock();
        try {
            devices.add(device);
        } finally {
            deviceLock.unlock();
        }
    }

    /** A device can no longer be opened. */
    void unlist(VfioDevice device) {
        deviceLock.lock();
        try {
            devices.remove(device);
        } finally {
            deviceLock.unlock();
        }
    }

    /** Whether a device can be opened. */
    boolean isListed(VfioDevice device) {
        deviceLock.lock();
        try {
            return devices.contains(device);
        } finally {
            deviceLock.unlock();
        }
    }

    /** The device of a name, with a reference. */
    VfioDevice find(String name) {
        deviceLock.lock();
        try {
            return findLocked(name);
        } finally {
            deviceLock.unlock();
        }
    }

    VfioDevice findLocked(String name) {
        deviceLock.assertHeld();
        for (VfioDevice device : devices) {
            if (device.node().name().equals(name) && device.tryGet()) {
                return device;
            }
        }
        throw new IommuException(Errno.ENODEV, this + " has no device \"" + name + "\"");
    }

    @Nullable
    IommuGroup iommuGroup() {
        groupLock.assertHeld();
        return iommuGroup;
    }

    IommuGroup requireIommuGroup() {
        IommuGroup known = iommuGroup;
        if (known == null) {
            throw new IommuException(Errno.ENODEV, this + " has no device of vfio-pci any more");
        }
        return known;
    }

    /** A device was bound; needs the registry's lock. */
    void driverBound() {
        drivers++;
    }

    /** A device was unbound; says whether it was the last; needs the registry's lock. */
    boolean driverUnbound() {
        drivers--;
        return drivers == 0;
    }

    /** Remembers the one open file. */
    void opened(GroupFile file) {
        groupLock.lock();
        try {
            if (iommuGroup == null) {
                throw new IommuException(Errno.ENODEV, this + " is gone");
            }
            if (openedFile != null) {
                throw new IommuException(Errno.EBUSY, this + " is open");
            }
            openedFile = file;
        } finally {
            groupLock.unlock();
        }
    }

    /** The last reference to the open file is gone. */
    void released() {
        groupLock.lock();
        try {
            if (container != null) {
                leaveContainerLocked();
            }
            openedFile = null;
        } finally {
            groupLock.unlock();
        }
    }

    @Nullable
    Container container() {
        groupLock.assertHeld();
        return container;
    }

    /** How often the container is used: once by the group, once by each open device. */
    int containerUsers() {
        groupLock.assertHeld();
        return containerUsers;
    }

    /** An opened device uses the container's IOMMU, and keeps the group's file. */
    void useContainerLocked() {
        groupLock.assertHeld();
        GroupFile file = openedFile;
        if (container == null || !container.hasIommu() || file == null) {
            throw new IommuException(Errno.EINVAL, this + " has no container with an IOMMU");
        }
        containerUsers++;
        file.get();
    }

    /** A closed device no longer uses the container; the group's file is the caller's to put, without locks. */
    @Nullable
    GroupFile unuseContainerLocked() {
        groupLock.assertHeld();
        containerUsers--;
        return openedFile;
    }

    void joinContainerLocked(Container newContainer) {
        groupLock.assertHeld();
        newContainer.join(this);
        container = newContainer;
        containerUsers = 1;
    }

    void leaveContainerLocked() {
        groupLock.assertHeld();
        Container left = container;
        if (left != null) {
            left.leave(this);
        }
        container = null;
        containerUsers = 0;
    }

    /** The last device was unbound: nobody reaches the IOMMU group through this group again; the caller puts it. */
    @Nullable
    IommuGroup die() {
        groupLock.lock();
        try {
            if (container != null) {
                leaveContainerLocked();
            }
            IommuGroup left = iommuGroup;
            iommuGroup = null;
            return left;
        } finally {
            groupLock.unlock();
        }
    }

    @Override
    public String toString() {
        return "vfio group " + id;
    }
}
