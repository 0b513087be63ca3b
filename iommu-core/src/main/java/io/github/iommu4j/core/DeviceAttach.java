package io.github.iommu4j.core;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import org.jspecify.annotations.Nullable;

/** Attaching by device, which is by group for devices that are alone in theirs. */
final class DeviceAttach {

    private final IommuCore core;

    DeviceAttach(IommuCore core) {
        this.core = core;
    }

    void attach(Domain domain, Device device) {
        DeviceIommu iommu = core.iommuOf(device);
        if (iommu == null) {
            throw new IommuException(Errno.ENODEV, device.name() + " is in no group");
        }
        Group group = iommu.group;
        group.locked(() -> {
            if (group.members().size() != 1) {
                throw new IommuException(Errno.EINVAL, device.name() + " is not alone in " + group);
            }
            group.attachment().attachLocked(domain);
        });
    }

    void detach(Domain domain, Device device) {
        DeviceIommu iommu = core.iommuOf(device);
        if (iommu != null) {
            Group group = iommu.group;
            group.locked(() -> detachLocked(group, domain));
        }
    }

    private void detachLocked(Group group, @Nullable Domain domain) {
        boolean foreign = core.log().warnOn(domain != group.currentLocked(), domain + " is not attached to " + group);
        boolean shared = core.log().warnOn(group.members().size() != 1, group + " has several devices");
        if (!foreign && !shared) {
            group.attachment().detachLocked();
        }
    }
}
