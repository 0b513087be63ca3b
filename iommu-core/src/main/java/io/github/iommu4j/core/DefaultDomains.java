package io.github.iommu4j.core;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.api.driver.IommuCapability;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Chooses, makes and attaches the default domain of a group. Every method needs the group's mutex. */
final class DefaultDomains {

    private final IommuCore core;

    DefaultDomains(IommuCore core) {
        this.core = core;
    }

    /**
     * Gives a group a default domain of the type asked for, or of the type its devices and the system want.
     *
     * @param requested the type, or {@code null} for any
     * @throws IommuException {@code EINVAL} when the devices want another type; the driver's errno. The old domain
     *     stays.
     */
    void setUpLocked(Group group, @Nullable DomainType requested) {
        group.mutex().assertHeld();
        Domain old = group.defaultLocked();
        Domain made = allocate(group, requested);
        if (old != null && isSameKind(old, made)) {
            made.free();
            return;
        }
        boolean mapFirst = core.release().mapsDirectRegionsBeforeAttach();
        boolean mapped = !mapFirst || tryMapDirect(group, made);
        group.setDefaultLocked(made);
        try {
            attach(group, made);
        } catch (IommuException refusal) {
            group.setDefaultLocked(old);
            made.free();
            throw refusal;
        }
        if (!mapFirst || !mapped) {
            mapDirectAgain(group, made);
        }
        if (old != null) {
            old.free();
        }
    }

    private static boolean isSameKind(Domain old, Domain made) {
        return old.type() == made.type();
    }

    private void attach(Group group, Domain made) {
        Domain current = group.currentLocked();
        if (current != null) {
            group.attachment().setDomainLocked(made);
            return;
        }
        IommuException refusal = group.attachment().setDomainMustSucceedLocked(made);
        if (refusal != null) {
            core.log().warnOn(true, "the first domain of " + group + " could not be attached");
        }
    }

    private boolean tryMapDirect(Group group, Domain domain) {
        try {
            group.members().forEach(member -> mapDirect(member, domain));
            return true;
        } catch (IommuException refusal) {
            core.log().print(KernelLog.Level.WARNING, "direct mappings of " + group + " failed, will try again");
            return false;
        }
    }

    private void mapDirectAgain(Group group, Domain domain) {
        for (DeviceIommu member : group.members()) {
            try {
                mapDirect(member, domain);
            } catch (IommuException refusal) {
                core.log().print(KernelLog.Level.ERR, "direct mappings of " + member.device + " failed");
            }
        }
    }

    /** Maps a device's direct regions 1:1 where nothing is mapped yet. */
    void mapDirect(DeviceIommu member, Domain domain) {
        for (ReservedRegion region : member.driver.reservedRegions(member.device)) {
            boolean direct = region.type() == ReservedRegion.Type.DIRECT;
            member.requiresDirect |= direct;
            if (domain.type().isDmaApi() && (direct || region.type() == ReservedRegion.Type.DIRECT_RELAXABLE)) {
                mapRegion(domain, region);
            }
        }
    }

    private void mapRegion(Domain domain, ReservedRegion region) {
        long granule = domain.pageSizes().smallest();
        if (core.log().warnOn(granule == 0, "a DMA domain without page sizes")) {
            throw new IommuException(Errno.EINVAL, domain + " has no page sizes");
        }
        IovaRange range = region.range();
        long start = roundUp(range.start(), granule);
        long end = roundUp(range.last() + 1, granule);
        long runStart = start;
        for (long address = start; address != end; address += granule) {
            if (isMapped(domain, address)) {
                mapRun(domain, runStart, address, region);
                runStart = address + granule;
            }
        }
        mapRun(domain, runStart, end, region);
        domain.flushIotlbAll();
    }

    /** An address of zero looks unmapped when it is mapped 1:1, so its neighbour is asked. */
    private static boolean isMapped(Domain domain, long address) {
        return domain.iovaToPhys(address == 0 ? 1 : address) != 0;
    }

    private static void mapRun(Domain domain, long start, long end, ReservedRegion region) {
        if (start != end) {
            domain.map(start, start, end - start, region.prot());
        }
    }

    private static long roundUp(long address, long granule) {
        return address + granule - 1 & -granule;
    }

    private Domain allocate(Group group, @Nullable DomainType requested) {
        DomainType demanded = demandedType(group);
        if (requested != null && demanded != null && base(requested) != demanded) {
            throw new IommuException(Errno.EINVAL, "devices of " + group + " need type " + demanded);
        }
        DeviceIommu first = group.members().get(0);
        DomainType wanted = requested != null ? requested : demanded != null ? upgrade(demanded) : core.systemType();
        Domain made = core.allocate(base(wanted), first);
        if (made == null && requested == null && demanded == null && base(wanted) != DomainType.DMA) {
            core.log().print(KernelLog.Level.WARNING, "no domain of type " + wanted + " for " + group + ", using DMA");
            made = core.allocate(DomainType.DMA, first);
        }
        if (made == null) {
            throw new IommuException(Errno.EINVAL, "the driver has no domain of type " + wanted + " for " + group);
        }
        if (wanted == DomainType.DMA_FQ && made.type() == DomainType.DMA && canDefer(group)) {
            made.retype(DomainType.DMA_FQ);
        }
        return made;
    }

    /** A device's demand for DMA leaves the system's choice between strict and deferred invalidation. */
    private DomainType upgrade(DomainType demanded) {
        return demanded == base(core.systemType()) ? core.systemType() : demanded;
    }

    private static DomainType base(DomainType type) {
        return type == DomainType.DMA_FQ ? DomainType.DMA : type;
    }

    private @Nullable DomainType demandedType(Group group) {
        Set<DomainType> demands = EnumSet.noneOf(DomainType.class);
        for (DeviceIommu member : group.members()) {
            DomainType demand = member.driver.defaultDomainType(member.device);
            if (demand != null) {
                demands.add(demand);
            }
        }
        if (demands.size() > 1) {
            core.log().print(KernelLog.Level.WARNING, "devices of " + group + " need different domain types");
            return core.release().conflictingTypesFallBackToSystemDefault() ? null : DomainType.IDENTITY;
        }
        return demands.isEmpty() ? null : demands.iterator().next();
    }

    private static boolean canDefer(Group group) {
        return group.members().stream()
                .allMatch(member -> member.driver.capable(member.device, IommuCapability.DEFERRED_FLUSH));
    }

    /** DMA becomes DMA-FQ in place, if the driver can defer invalidation. */
    void upgradeToFlushQueue(Group group, Domain domain) {
        group.mutex().assertHeld();
        if (canDefer(group)) {
            domain.retype(DomainType.DMA_FQ);
        }
    }
}
