package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.lock.RefCount;
import io.github.iommu4j.core.IommuCore;

/**
 * An open file of a group, {@code /dev/vfio/<id>}. There is one at a time; open devices keep it open after it was
 * closed. Once the last device of the group was unbound from vfio-pci it answers {@code ENODEV} for ever, also when the
 * device is bound again.
 *
 * <p>Every method answers {@code EBADF} once the file is closed.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread.
 */
public final class GroupFile {

    private static final int STATUS_MIN = 8;

    private final IommuCore core;
    private final DeviceAccess access;
    private final VfioGroup group;
    private final RefCount references;
    private volatile boolean open = true;

    GroupFile(IommuCore core, DeviceAccess access, VfioGroup group) {
        this.core = core;
        this.access = access;
        this.group = group;
        this.references = core.locking().refCount("file of " + group);
    }

    private void requireOpen() {
        if (!open) {
            throw new IommuException(Errno.EBADF, "the file of " + group + " is closed");
        }
    }

    /**
     * The group's number when it was opened.
     *
     * @return 0 or more
     */
    public int groupId() {
        return group.id();
    }

    /**
     * VFIO_GROUP_GET_STATUS.
     *
     * @param argsz bytes of the caller's structure
     * @return whether the group is viable and attached
     * @throws IommuException {@code EINVAL} for fewer than 8 bytes; {@code ENODEV} for a dead group
     */
    public GroupStatus getStatus(int argsz) {
        requireOpen();
        if (Integer.compareUnsigned(argsz, STATUS_MIN) < 0) {
            throw new IommuException(Errno.EINVAL, "argsz " + argsz);
        }
        group.groupLock().lock();
        try {
            IommuGroup iommuGroup = group.requireIommuGroup();
            if (group.container() != null) {
                return new GroupStatus(GroupStatus.VIABLE | GroupStatus.CONTAINER_SET);
            }
            return new GroupStatus(iommuGroup.dmaOwnership().isClaimed() ? 0 : GroupStatus.VIABLE);
        } finally {
            group.groupLock().unlock();
        }
    }

    /**
     * VFIO_GROUP_SET_CONTAINER: claims the group for the user and attaches it to a container.
     *
     * @param file what the descriptor names
     * @throws IommuException {@code EBADF} for a bad descriptor; {@code EINVAL} when the group is attached; {@code
     *     ENODEV} for a dead group; {@code EINVAL} (6.1) or {@code EBADFD} for a file that is no container; {@code EPERM}
     *     when a native driver is bound in the group; else what attaching to the container's IOMMU answers. Nothing has
     *     changed then.
     */
    public void setContainer(ContainerFile file) {
        requireOpen();
        boolean closed = file instanceof Container container && !container.isOpen();
        if (closed || file == ContainerFile.NotAContainer.BAD_DESCRIPTOR) {
            throw new IommuException(Errno.EBADF, "no open file");
        }
        group.groupLock().lock();
        try {
            if (group.container() != null) {
                throw new IommuException(Errno.EINVAL, group + " is attached");
            }
            group.requireIommuGroup();
            if (!(file instanceof Container container)) {
                throw new IommuException(core.release().foreignContainerFile(), "the file is no container");
            }
            group.joinContainerLocked(container);
        } finally {
            group.groupLock().unlock();
        }
    }

    /**
     * VFIO_GROUP_UNSET_CONTAINER: detaches the group and gives the claim up.
     *
     * @throws IommuException {@code EINVAL} when it is not attached; {@code EBUSY} while a device of it is open
     */
    public void unsetContainer() {
        requireOpen();
        group.groupLock().lock();
        try {
            if (group.container() == null) {
                throw new IommuException(Errno.EINVAL, group + " is not attached");
            }
            if (group.containerUsers() != 1) {
                throw new IommuException(Errno.EBUSY, "devices of " + group + " are open");
            }
            group.leaveContainerLocked();
        } finally {
            group.groupLock().unlock();
        }
    }

    /**
     * VFIO_GROUP_GET_DEVICE_FD: opens a device.
     *
     * @param name the device's name in full
     * @return a new file
     * @throws IommuException {@code ENODEV} when the group has no such device bound to vfio-pci (from 6.2: or it is being
     *     unbound), tested first; {@code EINVAL} without a container or without an IOMMU in it
     */
    public DeviceFile getDevice(String name) {
        requireOpen();
        return access.open(group, name);
    }

    /**
     * Closes the file. Without open devices the group leaves its container.
     *
     * @throws IommuException {@code EBADF} when it is closed
     */
    public void close() {
        requireOpen();
        open = false;
        put();
    }

    void get() {
        references.get();
    }

    void put() {
        if (references.put()) {
            group.released();
        }
    }

    @Override
    public String toString() {
        return "file of " + group;
    }
}
