package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.core.IommuCore;
import java.util.ArrayList;
import java.util.List;

/** What a container has mapped, and the rules of MAP_DMA and UNMAP_DMA. Guarded by the lock of its {@link Type1}. */
final class Type1Mappings {

    private final KernelRelease release;
    private final Type1.Flavour flavour;
    private final Type1Domains domains;
    private final MappingTable table;
    private final Pinning pinning;
    private long available;
    private int invalidVaddrs;

    Type1Mappings(IommuCore core, Type1.Flavour flavour, Type1Domains domains, int entryLimit) {
        this.release = core.release();
        this.flavour = flavour;
        this.domains = domains;
        this.table = new MappingTable(release);
        this.pinning = new Pinning(release, core.log());
        this.available = Integer.toUnsignedLong(entryLimit);
    }

    MappingTable table() {
        return table;
    }

    /** How many more mappings can be made. */
    long available() {
        return available;
    }

    boolean hasInvalidVaddrs() {
        return invalidVaddrs != 0;
    }

    private static IommuException invalid(String what) {
        return new IommuException(Errno.EINVAL, what);
    }

    private long smallestPage() {
        return domains.pageSizes().smallest();
    }

    private static boolean wraps(long start, long size) {
        return Long.compareUnsigned(start + size - 1, start) < 0;
    }

    /** MAP_DMA after its flags were looked at. */
    void map(MapRequest request, UserProcess process) {
        long unaligned = (request.iova() | request.size() | request.vaddr()) & smallestPage() - 1;
        if (request.size() == 0 || unaligned != 0) {
            throw invalid("size 0 or not in pages: " + request);
        }
        if (wraps(request.iova(), request.size()) || wraps(request.vaddr(), request.size())) {
            throw new IommuException(release.wrappingRange(), "the range wraps: " + request);
        }
        if ((request.flags() & MapRequest.VADDR) != 0) {
            moveVaddr(request);
        } else {
            mapNew(request, process);
        }
    }

    private void moveVaddr(MapRequest request) {
        Mapping mapping = table.overlapping(request.iova(), request.size());
        if (mapping == null) {
            throw new IommuException(Errno.ENOENT, "nothing is mapped there: " + request);
        }
        boolean same = mapping.iova() == request.iova() && mapping.size() == request.size();
        if (!mapping.isVaddrInvalid() || !same) {
            throw invalid("the address of " + mapping + " was not invalidated, or it is another range: " + request);
        }
        mapping.moveTo(request.vaddr());
        invalidVaddrs--;
    }

    private void mapNew(MapRequest request, UserProcess process) {
        Mapping standing = table.overlapping(request.iova(), request.size());
        if (standing != null) {
            throw new IommuException(Errno.EEXIST, request + " overlaps " + standing);
        }
        if (available == 0) {
            throw new IommuException(Errno.ENOSPC, "no more mappings: " + request);
        }
        if (!domains.ranges().enclose(new IovaRange(request.iova(), request.iova() + request.size() - 1))) {
            throw invalid("not in a valid range: " + request);
        }
        Mapping mapping = new Mapping(request, process);
        try {
            while (mapping.size() != request.size()) {
                pinAndMap(mapping, request.size() - mapping.size());
            }
        } catch (IommuException refusal) {
            undo(mapping);
            throw refusal;
        }
        available--;
        table.add(mapping);
    }

    private void pinAndMap(Mapping mapping, long size) {
        Mapping.Run run = pinning.pinNext(mapping, size);
        try {
            domains.map(mapping, run);
        } catch (IommuException refusal) {
            pinning.unpin(mapping, run);
            throw refusal;
        }
        mapping.grow(run);
    }

    private void undo(Mapping mapping) {
        if (mapping.size() != 0) {
            domains.unmap(mapping);
        }
        mapping.runs().forEach(run -> pinning.unpin(mapping, run));
    }

    /** Takes a mapping away; one that ends the address space stays pinned and translated in old kernels. */
    private void remove(Mapping mapping) {
        table.remove(mapping);
        if (!release.losesMappingsThatEndTheAddressSpace() || !mapping.endsTheAddressSpace()) {
            undo(mapping);
        }
        if (mapping.isVaddrInvalid()) {
            invalidVaddrs--;
        }
        available++;
    }

    /** The last group left. */
    void removeAll() {
        table.all().forEach(this::remove);
    }

    /** UNMAP_DMA after its flags and its bitmap's size were looked at. */
    UnmapResult unmap(UnmapRequest request, DirtyTracking dirty) {
        boolean everything = (request.flags() & UnmapRequest.ALL) != 0;
        checkRange(request, everything);
        if ((request.flags() & UnmapRequest.GET_DIRTY_BITMAP) != 0) {
            dirty.require(request.bitmap(), smallestPage());
        }
        long size = everything ? -1 : request.size();
        if (flavour == Type1.Flavour.V2 && !everything && !table.cutsNone(request.iova(), size)) {
            throw invalid("the range cuts a mapping: " + request);
        }
        List<Mapping> met = wholly(table.reachingInto(request.iova(), size), request.iova());
        if ((request.flags() & UnmapRequest.VADDR) != 0) {
            return new UnmapResult(invalidate(met), DirtyBitmap.NONE);
        }
        DirtyBitmap bitmap = DirtyBitmap.NONE;
        if ((request.flags() & UnmapRequest.GET_DIRTY_BITMAP) != 0) {
            bitmap =
                    DirtyTracking.bitmap(met, new IovaRange(request.iova(), request.iova() + size - 1), smallestPage());
        }
        met.forEach(this::remove);
        return new UnmapResult(sizeOf(met), bitmap);
    }

    private void checkRange(UnmapRequest request, boolean everything) {
        if ((request.iova() & smallestPage() - 1) != 0) {
            throw invalid("not in pages: " + request);
        }
        if (everything) {
            if (request.iova() != 0 || request.size() != 0) {
                throw invalid("everything has no range: " + request);
            }
            return;
        }
        if (request.size() == 0 || (request.size() & smallestPage() - 1) != 0) {
            throw invalid("size 0 or not in pages: " + request);
        }
        if (wraps(request.iova(), request.size())) {
            throw new IommuException(release.wrappingRange(), "the range wraps: " + request);
        }
    }

    /** The first version stops at the first mapping that begins before the range; the second has refused already. */
    private List<Mapping> wholly(List<Mapping> met, long iova) {
        List<Mapping> whole = new ArrayList<>();
        for (Mapping mapping : met) {
            if (flavour == Type1.Flavour.V1 && Long.compareUnsigned(iova, mapping.iova()) > 0) {
                break;
            }
            whole.add(mapping);
        }
        return whole;
    }

    private static long sizeOf(List<Mapping> mappings) {
        return mappings.stream().mapToLong(Mapping::size).sum();
    }

    private long invalidate(List<Mapping> mappings) {
        for (Mapping mapping : mappings) {
            if (mapping.isVaddrInvalid()) {
                throw invalid("the address of " + mapping + " is invalid already");
            }
        }
        mappings.forEach(Mapping::invalidateVaddr);
        invalidVaddrs += mappings.size();
        return sizeOf(mappings);
    }
}
