package io.github.iommu4j.core;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.core.trace.KernelLog;
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
        group.locked(() -> attachLocked(domain));
    }

    void attachLocked(Domain domain) {
        Domain current = group.currentLocked();
        if (current != null && current != group.defaultLocked() && current != group.blockingLocked()) {
            throw new IommuException(Errno.EBUSY, group + " has " + current + " attached");
        }
        requireSameDriver(domain);
        if (core.release().revertsFailedSetDomain()) {
            setDomainLocked(domain);
        } else {
            attachOrGoBack(domain);
        }
    }

    void replace(Domain domain) {
        group.locked(() -> {
            requireSameDriver(domain);
            setDomainLocked(domain);
        });
    }

    void detach() {
        group.locked(this::detachLocked);
    }

    void detachLocked() {
        setDomainNofailLocked(group.ownership().isUserOwnedLocked() ? group.blockingLocked() : group.defaultLocked());
    }

    private void requireSameDriver(Domain domain) {
        group.mutex().assertHeld();
        boolean fits = !group.members().isEmpty()
                && group.firstMember().driver.kind().equals(domain.driver().kind());
        if (core.release().allowsSeveralIommuDrivers() && !fits) {
            throw new IommuException(Errno.EINVAL, domain + " is not of the driver of " + group);
        }
    }

    /** Up to 6.4: attaches everywhere, the current domain too; a refusal sends every device back. */
    private void attachOrGoBack(Domain target) {
        Domain old = group.currentLocked();
        try {
            attachEveryDevice(target);
        } catch (IommuException refusal) {
            warnOfForgottenDomain(old);
            goBack(old);
            throw refusal;
        }
        group.setCurrentLocked(target);
    }

    private void goBack(@Nullable Domain old) {
        try {
            if (old != null) {
                attachEveryDevice(old);
            }
        } catch (IommuException refusal) {
            core.log().warnOn(true, group + " could not go back to " + old + ": " + refusal.getMessage());
        }
    }

    private void attachEveryDevice(Domain target) {
        for (DeviceIommu member : group.members()) {
            setDeviceDomain(member, target);
        }
    }

    /** Attaches a domain everywhere. From 6.5 a refusal leaves everything as it was. */
    void setDomainLocked(@Nullable Domain target) {
        group.mutex().assertHeld();
        if (target == group.currentLocked()) {
            return;
        }
        if (target == null) {
            core.log().warnOn(true, group + " would be left without a domain");
            throw new IommuException(Errno.EINVAL, group + " has no domain to go to");
        }
        if (core.release().revertsFailedSetDomain()) {
            attachEveryDeviceOrRevert(target);
        } else {
            attachEveryDevice(target);
        }
        group.setCurrentLocked(target);
    }

    private void attachEveryDeviceOrRevert(Domain target) {
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
        warnOfForgottenDomain(old);
        if (old == null) {
            return;
        }
        for (DeviceIommu member : group.members()) {
            IommuException refusal = setDeviceDomainOrBlock(member, old);
            core.log().warnOn(refusal != null, member.device + " could not go back to " + old);
            if (member == failed) {
                return;
            }
        }
    }

    private void warnOfForgottenDomain(@Nullable Domain old) {
        if (core.has(CoreErratum.ROLLBACK_FORGETS_OLD_DOMAIN)) {
            core.log().warnOn(old == null, "roll-back of " + group + " dereferences a cleared domain pointer");
        }
    }

    /** Goes to a domain the caller cannot do without. From 6.5 the group names it even when a device refused. */
    void setDomainNofailLocked(@Nullable Domain target) {
        group.mutex().assertHeld();
        if (target == group.currentLocked()
                || core.log().warnOn(target == null, group + " has no domain to go to")
                || target == null) {
            return;
        }
        boolean refused = core.release().revertsFailedSetDomain()
                ? setDomainMustSucceedLocked(target) != null
                : !trySetDomain(target);
        core.log().warnOn(refused, target + " could not be attached to all of " + group);
    }

    private boolean trySetDomain(Domain target) {
        try {
            setDomainLocked(target);
            return true;
        } catch (IommuException refusal) {
            return false;
        }
    }

    /**
     * Attaches a domain as far as possible; the group names it in the end.
     *
     * @return the last refusal, or {@code null} when there was none
     */
    @Nullable
    IommuException setDomainMustSucceedLocked(Domain target) {
        group.mutex().assertHeld();
        IommuException last = null;
        for (DeviceIommu member : group.members()) {
            IommuException refusal = setDeviceDomainOrBlock(member, target);
            last = refusal == null ? last : refusal;
        }
        group.setCurrentLocked(target);
        return last;
    }

    /** Puts one device on a domain, or on the blocking one where there is one. */
    private @Nullable IommuException setDeviceDomainOrBlock(DeviceIommu member, Domain target) {
        try {
            setDeviceDomain(member, target);
            return null;
        } catch (IommuException refusal) {
            tryBlocking(member, target);
            return refusal;
        }
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
                            member.device + ": Firmware has requested this device have a 1:1 IOMMU mapping, rejecting"
                                    + " configuring the device without a 1:1 mapping. Contact your platform vendor.");
            throw new IommuException(Errno.EINVAL, member.device + " must keep its direct mappings");
        }
        if (member.attachDeferred) {
            if (target == group.defaultLocked()) {
                return;
            }
            member.attachDeferred = false;
        }
        target.ops().attach(member.device);
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
