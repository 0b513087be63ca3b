package io.github.iommu4j.core;

import io.github.iommu4j.api.DmaOwnership;
import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.core.trace.KernelLog;
import org.jspecify.annotations.Nullable;

/** The owner of a group's DMA. All state is guarded by the group's mutex. */
final class Ownership implements DmaOwnership {

    private final IommuCore core;
    private final Group group;
    private int count;
    private @Nullable Object owner;

    Ownership(IommuCore core, Group group) {
        this.core = core;
        this.group = group;
    }

    boolean isUserOwnedLocked() {
        group.mutex().assertHeld();
        return owner != null;
    }

    boolean isFreeLocked() {
        group.mutex().assertHeld();
        return count == 0;
    }

    @Override
    public void claim(Object newOwner) {
        group.locked(() -> {
            if (count > 0) {
                throw new IommuException(Errno.EPERM, "the DMA of " + group + " is held already: " + stateLocked());
            }
            takeLocked(newOwner);
        });
    }

    @Override
    public void claim(Device device, Object newOwner) {
        if (!core.release().claimsDevices()) {
            throw new IommuException(Errno.EOPNOTSUPP, "this release claims groups, not devices");
        }
        group.locked(() -> {
            requireMember(device);
            if (count > 0) {
                if (owner != newOwner) {
                    throw new IommuException(Errno.EPERM, "the DMA of " + group + " is held: " + stateLocked());
                }
                count++;
                return;
            }
            takeLocked(newOwner);
        });
    }

    private void requireMember(Device device) {
        if (group.members().stream().noneMatch(member -> member.device == device)) {
            throw new IommuException(Errno.ENODEV, device + " is not in " + group);
        }
    }

    private void takeLocked(Object newOwner) {
        Domain current = group.currentLocked();
        if (current != null && current != group.defaultLocked()
                || !group.pasids().isEmpty()) {
            throw new IommuException(Errno.EBUSY, group + " has " + current + " attached, or PASIDs in use");
        }
        if (core.has(CoreErratum.CLAIM_LEAVES_NO_DOMAIN)) {
            group.setCurrentLocked(null);
        } else {
            group.attachment().setDomainLocked(blockingLocked());
        }
        owner = newOwner;
        count++;
    }

    /** The domain that blocks everything, made at the first claim and kept; an empty one where drivers have none. */
    private Domain blockingLocked() {
        Domain known = group.blockingLocked();
        if (known != null) {
            return known;
        }
        if (group.members().isEmpty()) {
            throw new IommuException(Errno.EINVAL, group + " has no devices");
        }
        Domain made = allocateBlocking(group.firstMember());
        group.setBlockingLocked(made);
        return made;
    }

    private Domain allocateBlocking(DeviceIommu first) {
        Domain made = null;
        try {
            made = core.allocate(DomainType.BLOCKED, first);
        } catch (IommuException refusal) {
            core.log().print(KernelLog.Level.INFO, "no blocking domain for " + group + ", trying an empty one");
        }
        Errno errno = core.release().missingDomainType();
        try {
            made = made != null ? made : core.allocate(DomainType.UNMANAGED, first);
        } catch (IommuException refusal) {
            errno = refusal.errno();
        }
        if (made == null) {
            throw new IommuException(errno, "the driver of " + group + " cannot block it");
        }
        return made;
    }

    @Override
    public void release() {
        group.locked(this::releaseLocked);
    }

    @Override
    public void release(Device device) {
        group.locked(() -> {
            if (count > 1) {
                count--;
            } else {
                releaseLocked();
            }
        });
    }

    private void releaseLocked() {
        boolean broken = core.log().warnOn(count == 0 || owner == null, "release of " + group + ", which nobody owns");
        if (broken || core.log().warnOn(!group.pasids().isEmpty(), "release of " + group + " with PASIDs in use")) {
            return;
        }
        count = 0;
        owner = null;
        group.attachment().setDomainNofailLocked(group.defaultLocked());
    }

    @Override
    public boolean isClaimed() {
        return group.locked(() -> count != 0);
    }

    @Override
    public void useDefaultDomain(Device device) {
        group.locked(() -> {
            if (core.release().useDefersWithoutDefaultDomain() && group.defaultLocked() == null) {
                throw new IommuException(Errno.EPROBE_DEFER, group + " has no default domain yet");
            }
            boolean foreign = group.currentLocked() != group.defaultLocked() && !bothIdentityLocked();
            if (count > 0 && (owner != null || foreign || !group.pasids().isEmpty())) {
                throw new IommuException(Errno.EBUSY, "the DMA of " + group + " is held: " + stateLocked());
            }
            count++;
        });
    }

    /** Up to 6.4 two identity domains count as the same. */
    private boolean bothIdentityLocked() {
        Domain current = group.currentLocked();
        Domain standing = group.defaultLocked();
        return core.release().countsIdentityDomainsAsOne()
                && current != null
                && standing != null
                && current.type() == DomainType.IDENTITY
                && standing.type() == DomainType.IDENTITY;
    }

    @Override
    public void unuseDefaultDomain(Device device) {
        group.locked(() -> {
            boolean broken = core.log().warnOn(count == 0, "unuse of " + group + ", which no driver uses");
            if (!broken && !core.log().warnOn(!group.pasids().isEmpty(), "unuse of " + group + " with PASIDs in use")) {
                count--;
            }
        });
    }

    @Override
    public State state() {
        return group.locked(this::stateLocked);
    }

    private State stateLocked() {
        if (count == 0) {
            return new State(Holder.FREE, 0, null);
        }
        return new State(owner == null ? Holder.KERNEL : Holder.USER, count, owner);
    }

    @Override
    public String toString() {
        return "ownership of " + group;
    }
}
