package io.github.iommu4j.core;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.List;

/** What firmware wants mapped 1:1 for its devices. Every method needs the group's mutex. */
final class DirectMappings {

    private final IommuCore core;

    DirectMappings(IommuCore core) {
        this.core = core;
    }

    /**
     * Maps a device's direct regions where nothing is mapped yet, and remembers whether it must never be blocked.
     *
     * @throws IommuException the driver's errno; what was mapped stays
     */
    void map(DeviceIommu member, Domain domain) {
        member.group.mutex().assertHeld();
        boolean translates = domain.type().isDmaApi();
        if (core.log().warnOn(translates && domain.pageSizes().bitmap() == 0, "a DMA domain without page sizes")) {
            throw new IommuException(Errno.EINVAL, domain + " has no page sizes");
        }
        List<ReservedRegion> regions = member.driver.reservedRegions(member.device);
        for (ReservedRegion region : regions) {
            boolean direct = region.type() == ReservedRegion.Type.DIRECT;
            member.requiresDirect |= direct;
            if (translates && (direct || region.type() == ReservedRegion.Type.DIRECT_RELAXABLE)) {
                mapRegion(domain, region);
            }
        }
        if (translates && !regions.isEmpty()) {
            domain.flushIotlbAll();
        }
    }

    /** As {@link #map}, but says how it went. */
    boolean mapQuietly(DeviceIommu member, Domain domain) {
        try {
            map(member, domain);
            return true;
        } catch (IommuException refusal) {
            core.log()
                    .print(
                            KernelLog.Level.WARNING,
                            "IOMMU driver was not able to establish FW requested direct mapping: "
                                    + refusal.getMessage());
            return false;
        }
    }

    /** Maps the regions of every member; one that fails does not keep the others from theirs. */
    boolean mapAllQuietly(Group group, Domain domain) {
        boolean all = true;
        for (DeviceIommu member : group.members()) {
            all &= mapQuietly(member, domain);
        }
        return all;
    }

    private static void mapRegion(Domain domain, ReservedRegion region) {
        long granule = domain.pageSizes().smallest();
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
}
