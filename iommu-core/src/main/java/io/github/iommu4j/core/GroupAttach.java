package io.github.iommu4j.core;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts domains on the devices of a group, all or none. */
final class GroupAttach {

    private final IommuCore core;
    private final Group group;

    GroupAttach(IommuCore core, Group group) {
        this.core = core;
        this.group = group;
    }

    void attach(Domain domain) {
        group.locked(() -> {
            requireSameDriver(domain);
            Domain current = group.currentLocked();
            if (current != null && current != group.defaultLocked() && current != group.blockingLocked()) {
                throw new IommuException(Errno.EBUSY, group + " has " + current + " attached");
            }
            if (current == domain && core.release().reattachesCurrentDomain()) {
                attachEveryDevice(domain);
            } else {
                setDomainLocked(domain);
            }
        });
    }

    void replace(Domain domain) {
        group.locked(() -> {
            requireSameDriver(domain);
            setDomainLocked(domain);
        });
    }

    void detach() {
        group.locked(() -> {
            Domain target = group.ownership().isUserOwnedLocked() ? group.blockingLocked() : group.defaultLocked();
            setDomainNofailLocked(target);
        });
    }

    private void requireSameDriver(Domain domain) {
        group.mutex().assertHeld();
        List<DeviceIommu> members = group.members();
        if (core.release().allowsSeveralIommuDrivers()
                && (members.isEmpty()
                        || !members.get(0).driver.kind().equals(domain.driver().kind()))) {
            throw new IommuException(Errno.EINVAL, domain + " is not of the driver of " + group);
        }
    }

    /** Attaches a domain everywhere, or leaves everything as it was. */
    void setDomainLocked(@Nullable Domain target) {
        group.mutex().assertHeld();
        Domain current = group.currentLocked();
        if (target == current) {
            return;
        }
        if (target == null) {
            core.log().warnOn(true, group + " would be left without a domain");
            throw new IommuException(Errno.EINVAL, group + " has no domain to go to");
        }
        attachEveryDevice(target);
        group.setCurrentLocked(target);
    }

    private void attachEveryDevice(Domain target) {
        for (DeviceIommu member : group.members()) {
            try {
                setDeviceDomain(member, target);
            } catch (IommuException refusal) {
                revert(member);
                throw refusal;
            }
        }
    }

    /** Puts the devices up to and including the one that failed back on the domain the group still names. */
    private void revert(DeviceIommu failed) {
        Domain old = group.currentLocked();
        if (core.has(CoreErratum.ROLLBACK_FORGETS_OLD_DOMAIN)) {
            group.setCurrentLocked(null);
            core.log().warnOn(old == null, "roll-back of " + group + " dereferences a cleared domain pointer");
        }
        if (old == null) {
            return;
        }
        for (DeviceIommu member : group.members()) {
            try {
                setDeviceDomain(member, old);
            } catch (IommuException refusal) {
                core.log().warnOn(true, member.device + " could not go back to " + old + ": " + refusal.getMessage());
                tryBlocking(member, old);
            }
            if (member == failed) {
                break;
            }
        }
        if (group.currentLocked() == null) {
            group.setCurrentLocked(old);
        }
    }

    /** Attaches a domain everywhere as far as possible; the group names it even when a device refused. */
    void setDomainNofailLocked(@Nullable Domain target) {
        group.mutex().assertHeld();
        if (target == group.currentLocked()) {
            return;
        }
        if (core.log().warnOn(target == null, group + " has no domain to go to") || target == null) {
            return;
        }
        IommuException last = setDomainMustSucceedLocked(target);
        core.log().warnOn(last != null, target + " could not be attached to all of " + group);
    }

    /** As {@link #setDomainNofailLocked}, without the warning. */
    @Nullable
    IommuException setDomainMustSucceedLocked(Domain target) {
        IommuException last = null;
        for (DeviceIommu member : group.members()) {
            try {
                setDeviceDomain(member, target);
            } catch (IommuException refusal) {
                last = refusal;
                tryBlocking(member, target);
            }
        }
        group.setCurrentLocked(target);
        return last;
    }

    private void tryBlocking(DeviceIommu member, Domain target) {
        Domain blocking = group.blockingLocked();
        if (blocking == null || blocking == target) {
            return;
        }
        try {
            blocking.ops().attach(member.device);
        } catch (IommuException refusal) {
            core.log()
                    .print(KernelLog.Level.ERR, member.device + " could not even be blocked: " + refusal.getMessage());
        }
    }

    /** Puts one device on a domain. */
    void setDeviceDomain(DeviceIommu member, Domain target) {
        group.mutex().assertHeld();
        boolean blocks = target.type() == DomainType.BLOCKED || target == group.blockingLocked();
        if (member.requiresDirect && blocks && core.release().directRegionsForbidBlocking()) {
            core.log()
                    .print(
                            KernelLog.Level.WARNING,
                            "Firmware has requested this device have a 1:1 IOMMU mapping, " + member.device
                                    + " cannot be blocked");
            throw new IommuException(Errno.EINVAL, member.device + " must keep its direct mappings");
        }
        if (member.attachDeferred) {
            if (target == group.defaultLocked()) {
                return;
            }
            member.attachDeferred = false;
        }
        target.ops().attach(member.device);
        member.attachDeferred = false;
    }

    /** The first DMA of a device whose attach was deferred. */
    void attachDeferredLocked(DeviceIommu member) {
        Domain current = group.currentLocked();
        if (member.attachDeferred && current != null) {
            current.ops().attach(member.device);
            member.attachDeferred = false;
        }
    }
}
