package io.github.iommu4j.core;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.UserCapabilities;
import io.github.iommu4j.api.UserCapabilities.Capability;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.trace.KernelLog;
import org.jspecify.annotations.Nullable;

/** A write to a group's {@code type} file. */
final class TypeChange {

    private final IommuCore core;
    private final Group group;

    TypeChange(IommuCore core, Group group) {
        this.core = core;
        this.group = group;
    }

    void write(String word, UserCapabilities capabilities) {
        if (word.isEmpty()) {
            return;
        }
        if (!capabilities.has(Capability.CAP_SYS_ADMIN) || !capabilities.has(Capability.CAP_SYS_RAWIO)) {
            throw new IommuException(Errno.EACCES, "changing the type of " + group + " needs CAP_SYS_ADMIN and RAWIO");
        }
        DomainType requested = parse(word);
        if (core.release().typeChangeNeedsSingleDevice()) {
            writeToSingleDevice(requested);
        } else {
            writeToGroup(requested);
        }
    }

    /** The type asked for, or {@code null} for {@code auto}. */
    private @Nullable DomainType parse(String word) {
        return switch (word.endsWith("\n") ? word.substring(0, word.length() - 1) : word) {
            case "identity" -> DomainType.IDENTITY;
            case "DMA" -> DomainType.DMA;
            case "DMA-FQ" -> DomainType.DMA_FQ;
            case "auto" -> null;
            default -> throw new IommuException(Errno.EINVAL, "'" + word + "' is no domain type");
        };
    }

    /** From 6.4: one section under the group's mutex; the owner count keeps drivers and users out. */
    private void writeToGroup(@Nullable DomainType requested) {
        boolean inPlace = group.locked(() -> {
            Domain current = group.defaultLocked();
            if (current == null) {
                throw new IommuException(Errno.EINVAL, group + " has no default domain");
            }
            if (current.type() == DomainType.DMA && requested == DomainType.DMA_FQ) {
                current.retype(DomainType.DMA_FQ);
                return true;
            }
            if (group.members().isEmpty() || !group.ownership().isFreeLocked()) {
                throw refuse();
            }
            core.defaultDomains().changeLocked(group, requested);
            return false;
        });
        if (!inPlace) {
            core.finalizeGroup(group);
        }
    }

    /** Up to 6.3: exactly one device, whose lock keeps drivers from binding; any bound driver refuses. */
    private void writeToSingleDevice(@Nullable DomainType requested) {
        DeviceNode device = group.locked(this::onlyDeviceLocked);
        boolean changed;
        device.mutex().lock();
        try {
            changed = group.locked(() -> changeLocked(device, requested));
        } finally {
            device.mutex().unlock();
        }
        if (changed) {
            core.finalizeGroup(group);
        }
    }

    private DeviceNode onlyDeviceLocked() {
        if (group.defaultLocked() == null || group.members().isEmpty()) {
            throw new IommuException(Errno.EINVAL, group + " has no default domain or no device");
        }
        if (group.members().size() != 1) {
            core.log()
                    .print(KernelLog.Level.ERR, "iommu: Cannot change default domain: Group has more than one device");
            throw new IommuException(
                    Errno.EINVAL, group + " has " + group.members().size() + " devices; only one may change");
        }
        return group.firstMember().device;
    }

    private boolean changeLocked(DeviceNode device, @Nullable DomainType requested) {
        Domain current = group.defaultLocked();
        boolean inPlace = requested == DomainType.DMA_FQ && current != null && current.type() == DomainType.DMA;
        if (device.driver() != null && !inPlace) {
            core.log().print(KernelLog.Level.ERR, "iommu: Device is still bound to driver");
            throw refuse();
        }
        if (current != group.currentLocked()) {
            core.log().print(KernelLog.Level.ERR, "iommu: Group not assigned to default domain");
            throw refuse();
        }
        if (onlyDeviceLocked() != device) {
            throw refuse();
        }
        core.defaultDomains().changeLocked(group, requested);
        return !inPlace;
    }

    private IommuException refuse() {
        return new IommuException(
                core.release().typeChangeRefusal(), "a driver or a user of " + group + " is in the way");
    }
}
