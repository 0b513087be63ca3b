package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.core.IommuCore;
import java.util.List;
import java.util.function.Supplier;

/** The type1 IOMMU of one container (Linux {@code vfio_iommu}). Every method takes {@code &iommu->lock}. */
final class Type1 {

    private static final LockClass LOCK_CLASS = new LockClass("&iommu->lock");
    private static final int PAGE_SIZES_FLAG = 1;
    private static final int CAPABILITIES_FLAG = 2;
    private static final int INFO_MIN = 16;
    private static final int MIGRATION_BYTES = 32;
    private static final int AVAILABLE_BYTES = 16;
    private static final int RANGES_BYTES = 16;
    private static final int RANGE_BYTES = 16;
    private static final int MAP_FLAGS = MapRequest.READ | MapRequest.WRITE | MapRequest.VADDR;
    private static final int UNMAP_FLAGS = UnmapRequest.GET_DIRTY_BITMAP | UnmapRequest.ALL | UnmapRequest.VADDR;

    /** How UNMAP_DMA treats a range that cuts a mapping. */
    enum Flavour {
        /** It is rounded. */
        V1,
        /** It is refused. */
        V2
    }

    private final IommuCore core;
    private final Mutex mutex;
    private final Flavour flavour;
    private final Type1Domains domains = new Type1Domains();
    private final Type1Mappings mappings;
    private final DirtyTracking dirty;
    private final Type1Attach attach;
    private final NestedControls nested;

    Type1(IommuCore core, Flavour flavour, Type1Module module) {
        this.core = core;
        this.mutex = core.locking().mutex(LOCK_CLASS);
        this.flavour = flavour;
        this.mappings = new Type1Mappings(core, flavour, domains, module.dmaEntryLimit());
        this.dirty = new DirtyTracking(core.release());
        this.attach = new Type1Attach(core, module, domains, mappings);
        this.nested = new NestedControls(domains);
    }

    private <T> T locked(Supplier<T> action) {
        mutex.lock();
        try {
            return action.get();
        } finally {
            mutex.unlock();
        }
    }

    private void locked(Runnable action) {
        mutex.lock();
        try {
            action.run();
        } finally {
            mutex.unlock();
        }
    }

    private static IommuException invalid(String what) {
        return new IommuException(Errno.EINVAL, what);
    }

    void attach(IommuGroup group) {
        locked(() -> attach.attach(group));
    }

    void detach(IommuGroup group) {
        locked(() -> attach.detach(group));
    }

    /** Whether the IOMMU makes all DMA of the container coherent. */
    boolean enforcesCoherency() {
        return locked(
                () -> domains.list().stream().allMatch(domain -> domain.coherency() == Type1Domain.Coherency.ENFORCED));
    }

    IommuInfo info(int argsz) {
        if (Integer.compareUnsigned(argsz, INFO_MIN) < 0) {
            throw invalid("argsz " + argsz);
        }
        return locked(() -> {
            List<IommuInfo.Capability> capabilities = List.of(
                    new IommuInfo.Migration(
                            new PageSizes(domains.pageSizes().smallest()), DirtyTracking.MAX_BITMAP_BYTES),
                    new IommuInfo.DmaAvailable((int) mappings.available()),
                    new IommuInfo.IovaRanges(domains.ranges().ranges()));
            int needed = core.release().iommuInfoSize()
                    + MIGRATION_BYTES
                    + AVAILABLE_BYTES
                    + RANGES_BYTES
                    + RANGE_BYTES * domains.ranges().ranges().size();
            boolean fits = Integer.compareUnsigned(argsz, needed) >= 0;
            return new IommuInfo(
                    fits ? argsz : needed,
                    PAGE_SIZES_FLAG | CAPABILITIES_FLAG,
                    domains.pageSizes(),
                    fits ? capabilities : List.of());
        });
    }

    void map(MapRequest request, UserProcess process) {
        boolean access = (request.flags() & (MapRequest.READ | MapRequest.WRITE)) != 0;
        boolean vaddr = (request.flags() & MapRequest.VADDR) != 0;
        if (Integer.compareUnsigned(request.argsz(), MapRequest.ARGSZ) < 0
                || (request.flags() & ~MAP_FLAGS) != 0
                || access == vaddr) {
            throw invalid("argsz or flags: " + request);
        }
        locked(() -> mappings.map(request, process));
    }

    UnmapResult unmap(UnmapRequest request) {
        boolean wantsBitmap = (request.flags() & UnmapRequest.GET_DIRTY_BITMAP) != 0;
        int others = request.flags() & (UnmapRequest.ALL | UnmapRequest.VADDR);
        if (Integer.compareUnsigned(request.argsz(), UnmapRequest.ARGSZ) < 0
                || (request.flags() & ~UNMAP_FLAGS) != 0
                || wantsBitmap && others != 0) {
            throw invalid("argsz or flags: " + request);
        }
        if (wantsBitmap) {
            BitmapRequest bitmap = request.bitmap();
            if (Integer.compareUnsigned(request.argsz(), UnmapRequest.ARGSZ_WITH_BITMAP) < 0 || bitmap == null) {
                throw invalid("no bitmap: " + request);
            }
            DirtyTracking.checkSize(request.size(), bitmap);
        }
        return locked(() -> mappings.unmap(request, dirty));
    }

    DirtyBitmap dirtyPages(DirtyRequest request) {
        if (flavour == Flavour.V1) {
            throw new IommuException(Errno.EACCES, "type1 of the first version tracks nothing");
        }
        if (Integer.compareUnsigned(request.argsz(), DirtyRequest.ARGSZ) < 0) {
            throw invalid("argsz: " + request);
        }
        return switch (request.flags()) {
            case DirtyRequest.START -> startStop(dirty::start);
            case DirtyRequest.STOP -> startStop(dirty::stop);
            case DirtyRequest.GET_BITMAP -> getBitmap(request);
            default -> throw invalid("one known flag is wanted: " + request);
        };
    }

    void bindMsi(BindMsiRequest request) {
        NestedControls.check(request.argsz(), BindMsiRequest.ARGSZ, request.flags());
        locked(() -> nested.bindMsi(request));
    }

    void unbindMsi(UnbindMsiRequest request) {
        NestedControls.check(request.argsz(), UnbindMsiRequest.ARGSZ, request.flags());
        locked(() -> nested.unbindMsi(request.iova()));
    }

    void invalidate(CacheInvalidateRequest request) {
        NestedControls.check(request.argsz(), CacheInvalidateRequest.ARGSZ, request.flags());
        locked(() -> nested.invalidate(request.invalidation()));
    }

    private DirtyBitmap startStop(Runnable action) {
        locked(action);
        return DirtyBitmap.NONE;
    }

    private DirtyBitmap getBitmap(DirtyRequest request) {
        DirtyRequest.Range range = request.range();
        if (Integer.compareUnsigned(request.argsz(), DirtyRequest.ARGSZ_WITH_RANGE) < 0 || range == null) {
            throw invalid("no range: " + request);
        }
        dirty.checkRange(range);
        return locked(
                () -> dirty.get(range, mappings.table(), domains.pageSizes().smallest()));
    }
}
