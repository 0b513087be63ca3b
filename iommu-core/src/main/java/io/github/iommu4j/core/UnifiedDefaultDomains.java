package io.github.iommu4j.core;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Linux 6.5 and later: one function for boot, hot add and {@code type}, which undoes what it did. */
final class UnifiedDefaultDomains implements DefaultDomains {

    private final IommuCore core;
    private final DirectMappings directMappings;

    UnifiedDefaultDomains(IommuCore core) {
        this.core = core;
        this.directMappings = new DirectMappings(core);
    }

    @Override
    public void setUpLocked(Group group) {
        changeLocked(group, null);
    }

    @Override
    public void joinLocked(DeviceIommu iommu, @Nullable Set<Group> later) {
        Group group = iommu.group;
        Domain standing = group.defaultLocked();
        Domain current = group.currentLocked();
        if (standing != null) {
            core.log().warnOn(current == null, group + " has a default domain and none attached");
            directMappings.mapQuietly(iommu, standing);
        }
        if (current != null) {
            group.attachment().setDeviceDomain(iommu, current);
        } else if (standing == null && later == null) {
            setUpLocked(group);
        } else if (standing == null && later != null) {
            later.add(group);
        }
    }

    @Override
    public void changeLocked(Group group, @Nullable DomainType requested) {
        group.mutex().assertHeld();
        Domain old = group.defaultLocked();
        Domain made = keepOrAllocate(group, DefaultTypes.dictated(core, group, requested));
        if (made == old) {
            return;
        }
        boolean mapped = directMappings.mapAllQuietly(group, made);
        group.setDefaultLocked(made);
        if (group.currentLocked() == null) {
            attachFirst(group, made);
        } else {
            switchOver(group, made, old);
            if (!mapped) {
                mapAgain(group, made, old);
            }
        }
        if (old != null) {
            old.free();
        }
    }

    /** A first attach must not fail: the domain stays named, so that it is freed with the group's last device. */
    private void attachFirst(Group group, Domain made) {
        IommuException refusal = group.attachment().setDomainMustSucceedLocked(made);
        if (refusal != null) {
            core.log().warnOn(true, "the first domain of " + group + " could not be attached");
            throw refusal;
        }
    }

    private void switchOver(Group group, Domain made, @Nullable Domain old) {
        try {
            group.attachment().setDomainLocked(made);
        } catch (IommuException refusal) {
            restoreDefault(group, made, old);
            throw refusal;
        }
    }

    private void mapAgain(Group group, Domain made, @Nullable Domain old) {
        try {
            group.members().forEach(member -> directMappings.map(member, made));
        } catch (IommuException refusal) {
            if (old != null) {
                group.attachment().setDomainMustSucceedLocked(old);
            }
            restoreDefault(group, made, old);
            throw refusal;
        }
    }

    private static void restoreDefault(Group group, Domain made, @Nullable Domain old) {
        if (old != null) {
            group.setDefaultLocked(old);
            made.free();
        }
    }

    /** The standing domain when it has the type, else a new one. What nobody dictated may fall back to DMA. */
    private Domain keepOrAllocate(Group group, @Nullable DomainType dictated) {
        if (dictated != null) {
            return keepOrAllocateExactly(group, dictated);
        }
        DomainType system = core.systemType();
        try {
            return keepOrAllocateExactly(group, system);
        } catch (IommuException refusal) {
            if (system == DomainType.DMA) {
                throw new IommuException(Errno.EINVAL, "no default domain for " + group + ": " + refusal.getMessage());
            }
            Domain made = keepOrAllocateExactly(group, DomainType.DMA);
            core.log().print(KernelLog.Level.WARNING, "no domain of type " + system + " for " + group + ", using DMA");
            return made;
        }
    }

    private Domain keepOrAllocateExactly(Group group, DomainType type) {
        Domain old = group.defaultLocked();
        return old != null && old.type() == type ? old : DefaultTypes.allocate(core, group, type);
    }
}
