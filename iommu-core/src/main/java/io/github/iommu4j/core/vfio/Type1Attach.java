package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.driver.IommuCapability;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How groups join and leave a container's IOMMU. Guarded by the lock of its {@link Type1}. */
final class Type1Attach {

    private final IommuCore core;
    private final Type1Module module;
    private final Type1Domains domains;
    private final Type1Mappings mappings;

    Type1Attach(IommuCore core, Type1Module module, Type1Domains domains, Type1Mappings mappings) {
        this.core = core;
        this.module = module;
        this.domains = domains;
        this.mappings = mappings;
    }

    /** Lets a group join, in the kernel's order of tests; nothing has changed after a refusal. */
    void attach(IommuGroup group) {
        if (mappings.hasInvalidVaddrs()) {
            throw new IommuException(Errno.EBUSY, "addresses of mappings are invalid");
        }
        if (domains.of(group) != null) {
            throw new IommuException(Errno.EINVAL, group + " is attached already");
        }
        Type1Domain fresh = newDomain(group);
        try {
            group.attach(fresh.domain());
        } catch (IommuException refusal) {
            fresh.domain().free();
            throw refusal;
        }
        try {
            settle(group, fresh);
        } catch (IommuException refusal) {
            group.detach(fresh.domain());
            fresh.domain().free();
            throw refusal;
        }
    }

    private Type1Domain newDomain(IommuGroup group) {
        List<Device> devices = group.devices();
        if (devices.isEmpty()) {
            throw new IommuException(Errno.EIO, group + " has no device to make a domain for");
        }
        boolean enforced =
                devices.stream().allMatch(device -> core.capable(device, IommuCapability.ENFORCE_CACHE_COHERENCY));
        IommuDomain domain;
        try {
            domain = core.newPagingDomain(devices.get(0));
        } catch (IommuException refusal) {
            if (core.release().hidesDomainFailure()) {
                throw new IommuException(Errno.EIO, "no domain for " + group + ": " + refusal.getMessage());
            }
            throw refusal;
        }
        return new Type1Domain(domain, enforced ? Type1Domain.Coherency.ENFORCED : Type1Domain.Coherency.UP_TO_DEVICE);
    }

    private void settle(IommuGroup group, Type1Domain fresh) {
        List<ReservedRegion> reserved = group.reservedRegions();
        ValidRanges ranges = checkedRanges(fresh.domain().aperture(), reserved);
        requireIsolation(group);
        Type1Domain standing = joinStanding(group, fresh);
        if (standing != null) {
            standing.groups().add(group);
            fresh.domain().free();
        } else {
            fresh.replay(mappings.table().searchable());
            fresh.groups().add(group);
            domains.add(fresh);
        }
        domains.setRanges(ranges);
    }

    /** The valid ranges with the newcomer, which must not take a mapped address away. */
    private ValidRanges checkedRanges(IovaRange aperture, List<ReservedRegion> reserved) {
        IovaRange span = domains.ranges().span();
        if (span == null || !span.overlaps(aperture) || mapsOutside(span, aperture)) {
            throw new IommuException(Errno.EINVAL, "the aperture " + aperture + " does not fit what is mapped");
        }
        for (ReservedRegion region : reserved) {
            long size = region.range().last() - region.range().start() + 1;
            boolean relaxable = region.type() == ReservedRegion.Type.DIRECT_RELAXABLE;
            if (!relaxable && mappings.table().overlapping(region.range().start(), size) != null) {
                throw new IommuException(Errno.EINVAL, "something is mapped in " + region);
            }
        }
        ValidRanges ranges = domains.ranges().within(aperture).without(reserved);
        if (ranges.ranges().isEmpty()) {
            throw new IommuException(Errno.EINVAL, "no address is left to map");
        }
        return ranges;
    }

    private boolean mapsOutside(IovaRange span, IovaRange aperture) {
        boolean below = Long.compareUnsigned(aperture.start(), span.start()) > 0
                && mappings.table().overlapping(span.start(), aperture.start() - span.start()) != null;
        boolean above = Long.compareUnsigned(aperture.last(), span.last()) < 0
                && mappings.table().overlapping(aperture.last() + 1, span.last() - aperture.last()) != null;
        return below || above;
    }

    private void requireIsolation(IommuGroup group) {
        boolean isolated =
                group.devices().stream().allMatch(device -> core.capable(device, IommuCapability.INTERRUPT_ISOLATION));
        if (!isolated && module.allowUnsafeInterrupts() == AllowUnsafe.NO) {
            core.log()
                    .print(
                            KernelLog.Level.WARNING,
                            "vfio_iommu_type1_attach_group: No interrupt remapping support.  Use the module param"
                                    + " \"allow_unsafe_interrupts\" to enable VFIO IOMMU support on this platform");
            throw new IommuException(Errno.EPERM, group + " could forge interrupts");
        }
    }

    /** Puts the group on a domain of the container that suits it, if there is one. */
    private @Nullable Type1Domain joinStanding(IommuGroup group, Type1Domain fresh) {
        for (Type1Domain standing : domains.list()) {
            boolean suits =
                    core.compatible(standing.domain(), fresh.domain()) && standing.coherency() == fresh.coherency();
            if (suits && moveTo(group, fresh, standing)) {
                return standing;
            }
        }
        return null;
    }

    private static boolean moveTo(IommuGroup group, Type1Domain fresh, Type1Domain standing) {
        group.detach(fresh.domain());
        try {
            group.attach(standing.domain());
            return true;
        } catch (IommuException refusal) {
            group.attach(fresh.domain());
            return false;
        }
    }

    /** Lets a group leave; with the last one everything that was mapped goes. */
    void detach(IommuGroup group) {
        Type1Domain domain = domains.of(group);
        if (domain == null) {
            return;
        }
        group.detach(domain.domain());
        domain.groups().remove(group);
        IovaRange span = domains.ranges().span();
        if (domain.groups().isEmpty()) {
            if (domains.list().size() == 1) {
                mappings.removeAll();
            }
            domains.remove(domain);
            span = domains.commonAperture();
        }
        if (span != null) {
            domains.refreshRanges(span);
        }
    }
}
