package io.github.iommu4j.core;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Linux up to 6.4: three ways to a default domain, and groups may do without one. */
final class EarlyDefaultDomains implements DefaultDomains {

    private final IommuCore core;
    private final DirectMappings directMappings;

    EarlyDefaultDomains(IommuCore core) {
        this.core = core;
        this.directMappings = new DirectMappings(core);
    }

    /** The first device that refuses ends it, and leaves the group half attached to the caller. */
    @Override
    public void setUpLocked(Group group) {
        group.mutex().assertHeld();
        Domain made = allocateOrFallBack(group, DefaultTypes.agreed(core, group));
        if (made == null) {
            return;
        }
        directMappings.mapAllQuietly(group, made);
        group.setDefaultLocked(made);
        group.setCurrentLocked(made);
        for (DeviceIommu member : group.members()) {
            group.attachment().setDeviceDomain(member, made);
        }
    }

    @Override
    public void joinLocked(DeviceIommu iommu, @Nullable Set<Group> later) {
        Group group = iommu.group;
        Domain current = group.currentLocked();
        if (current != null) {
            group.attachment().setDeviceDomain(iommu, current);
        }
        if (later == null) {
            joinAlone(iommu);
        } else if (group.defaultLocked() == null) {
            later.add(group);
        }
    }

    /** A device that was added alone goes to the default domain unless a user owns the group, whatever is attached. */
    private void joinAlone(DeviceIommu iommu) {
        Group group = iommu.group;
        Domain standing = group.defaultLocked();
        if (standing == null) {
            standing = allocateOrFallBack(group, DefaultTypes.ofDevice(iommu));
            group.setDefaultLocked(standing);
        }
        if (standing == null) {
            return;
        }
        if (group.currentLocked() == null) {
            group.setCurrentLocked(standing);
        }
        if (!group.ownership().isUserOwnedLocked()) {
            group.attachment().setDeviceDomain(iommu, standing);
        }
        directMappings.mapQuietly(iommu, standing);
    }

    @Override
    public void changeLocked(Group group, @Nullable DomainType requested) {
        group.mutex().assertHeld();
        DeviceIommu device = group.firstMember();
        Domain old = group.defaultLocked();
        DomainType demanded = DefaultTypes.ofDevice(device);
        if (requested != null && demanded != null && requested != demanded) {
            core.log().print(KernelLog.Level.ERR, "Device cannot be in " + requested.sysfsName() + " domain");
            throw new IommuException(Errno.EINVAL, device.device + " needs a domain of type " + demanded);
        }
        DomainType wanted = requested != null ? requested : demanded != null ? demanded : core.systemType();
        if (old != null && old.type() == wanted) {
            return;
        }
        if (old != null && old.type() == DomainType.DMA && wanted == DomainType.DMA_FQ) {
            old.retype(DomainType.DMA_FQ);
            return;
        }
        switchOver(device, wanted);
        if (old != null) {
            old.free();
        }
    }

    /** A device that refuses the new domain is not attached to the old one again; only the group's books are. */
    private void switchOver(DeviceIommu device, DomainType wanted) {
        Group group = device.group;
        Domain made = allocateOrFallBack(group, wanted);
        if (made == null) {
            throw new IommuException(Errno.ENOMEM, "no domain of type " + wanted + " for " + group);
        }
        try {
            directMappings.map(device, made);
            made.ops().attach(device.device);
        } catch (IommuException refusal) {
            made.free();
            throw refusal;
        }
        group.setDefaultLocked(made);
        group.setCurrentLocked(made);
    }

    private @Nullable Domain allocateOrFallBack(Group group, @Nullable DomainType dictated) {
        DomainType wanted = dictated == null ? core.systemType() : dictated;
        try {
            return DefaultTypes.allocate(core, group, wanted);
        } catch (IommuException refusal) {
            if (wanted == DomainType.DMA) {
                return null;
            }
        }
        try {
            Domain made = DefaultTypes.allocate(core, group, DomainType.DMA);
            core.log().print(KernelLog.Level.WARNING, "no domain of type " + wanted + " for " + group + ", using DMA");
            return made;
        } catch (IommuException refusal) {
            return null;
        }
    }
}
