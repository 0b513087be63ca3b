package io.github.iommu4j.core.fault;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.PageResponse.Code;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.RwSemaphore;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The address space of a process, as far as a device's page requests need it (Linux {@code mm_struct}): areas with permissions,
 * and a pager that brings pages in.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread.
 */
public final class AddressSpace {

    /** Brings a page in. Called with {@code &mm->mmap_lock} held for reading. */
    @FunctionalInterface
    public interface Pager {

        /**
         * Brings a page in.
         *
         * @param address an address in an area
         * @param permissions what is wanted, bits of {@link FaultEvent}
         * @return whether the page is there now
         */
        boolean bringIn(long address, int permissions);
    }

    private record Area(IovaRange range, int permissions) {}

    private static final LockClass LOCK_CLASS = new LockClass("&mm->mmap_lock");
    private static final int JUDGED = FaultEvent.READ | FaultEvent.WRITE | FaultEvent.EXECUTE;

    private final RwSemaphore lock;
    private final Pager pager;

    // Guarded by the semaphore.
    private final List<Area> areas = new ArrayList<>();
    private boolean gone;

    /**
     * An address space without areas.
     *
     * @param locking where its lock comes from
     * @param pager brings pages in
     */
    public AddressSpace(Locking locking, Pager pager) {
        this.lock = locking.rwSemaphore(LOCK_CLASS);
        this.pager = pager;
    }

    /**
     * Adds an area.
     *
     * @param range its addresses
     * @param permissions what it allows, bits of {@link FaultEvent}
     * @throws IommuException {@code EEXIST} when it overlaps another
     */
    public void addArea(IovaRange range, int permissions) {
        lock.lockWrite();
        try {
            for (Area area : areas) {
                if (Long.compareUnsigned(range.start(), area.range.last()) <= 0
                        && Long.compareUnsigned(area.range.start(), range.last()) <= 0) {
                    throw new IommuException(Errno.EEXIST, range + " overlaps " + area.range);
                }
            }
            areas.add(new Area(range, permissions));
        } finally {
            lock.unlockWrite();
        }
    }

    /** The process ends: nothing can be brought in any more. */
    public void exit() {
        lock.lockWrite();
        try {
            gone = true;
            areas.clear();
        } finally {
            lock.unlockWrite();
        }
    }

    /** Gets a page for a device: the tests of {@code iommu_sva_handle_iopf}, in order. */
    Code handle(PageRequest request) {
        lock.lockRead();
        try {
            Area area = areaAt(request.address());
            if (gone || area == null || (request.permissions() & JUDGED & ~area.permissions) != 0) {
                return Code.INVALID;
            }
            return pager.bringIn(request.address(), request.permissions()) ? Code.SUCCESS : Code.INVALID;
        } finally {
            lock.unlockRead();
        }
    }

    private @Nullable Area areaAt(long address) {
        lock.assertHeld();
        for (Area area : areas) {
            if (Long.compareUnsigned(area.range.start(), address) <= 0
                    && Long.compareUnsigned(address, area.range.last()) <= 0) {
                return area;
            }
        }
        return null;
    }
}
