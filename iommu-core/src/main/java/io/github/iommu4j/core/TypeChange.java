package io.github.iommu4j.core;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.UserCapabilities;
import io.github.iommu4j.api.UserCapabilities.Capability;
import io.github.iommu4j.api.device.DeviceDriver;
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
        group.locked(() -> {
            Domain current = group.defaultLocked();
            if (current == null) {
                throw new IommuException(Errno.EINVAL, group + " has no default domain");
            }
            if (isFlushQueueSwitch(current, requested)) {
                core.defaultDomains().upgradeToFlushQueue(group, current);
                return;
            }
            if (group.members().isEmpty() || !group.ownership().isFreeLocked()) {
                throw refuse();
            }
            core.defaultDomains().setUpLocked(group, requested);
        });
        core.finalizeGroup(group);
    }

    /** Up to 6.3: exactly one device, whose lock keeps drivers from binding; any bound driver refuses. */
    private void writeToSingleDevice(@Nullable DomainType requested) {
        DeviceNode device = group.locked(this::onlyDeviceLocked);
        device.mutex().lock();
        try {
            group.locked(() -> {
                if (onlyDeviceLocked() != device) {
                    throw refuse();
                }
                changeLocked(device, requested);
            });
        } finally {
            device.mutex().unlock();
        }
        core.finalizeGroup(group);
    }

    private DeviceNode onlyDeviceLocked() {
        int count = group.members().size();
        if (group.defaultLocked() == null || count == 0) {
            throw new IommuException(Errno.EINVAL, group + " has no default domain or no device");
        }
        if (count != 1) {
            complain("iommu: Cannot change default domain: Group has more than one device");
            throw new IommuException(Errno.EINVAL, group + " has " + count + " devices; only one may change");
        }
        return group.members().get(0).device;
    }

    private void changeLocked(DeviceNode device, @Nullable DomainType requested) {
        Domain standing = group.defaultLocked();
        boolean flushQueueSwitch = standing != null && isFlushQueueSwitch(standing, requested);
        DeviceDriver driver = device.driver();
        if (driver != null && !flushQueueSwitch) {
            complain("iommu: Device is still bound to driver");
            throw refuse();
        }
        if (standing == null || group.currentLocked() != standing) {
            complain((driver == null ? "pci" : driver.name()) + " " + device
                    + ": Group not assigned to default domain");
            throw refuse();
        }
        if (flushQueueSwitch) {
            core.defaultDomains().upgradeToFlushQueue(group, standing);
        } else {
            core.defaultDomains().setUpLocked(group, requested);
        }
    }

    private void complain(String text) {
        core.log().print(KernelLog.Level.ERR, text);
    }

    private static boolean isFlushQueueSwitch(Domain current, @Nullable DomainType requested) {
        return current.type() == DomainType.DMA && requested == DomainType.DMA_FQ;
    }

    private IommuException refuse() {
        return new IommuException(
                core.release().typeChangeRefusal(), "a driver or a user of " + group + " is in the way");
    }
}
