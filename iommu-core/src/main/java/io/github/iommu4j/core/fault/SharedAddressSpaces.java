package io.github.iommu4j.core.fault;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.PageResponse.Code;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gets pages for devices that share processes' address spaces, found by PASID (Linux {@code iommu-sva}). A request without a
 * PASID, of an unknown one, beyond every area, without permission, or for a page that cannot be had is answered {@code INVALID}.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread. Lock order: {@code iommu_sva_lock} is given up before
 * {@code &mm->mmap_lock} is taken.
 */
public final class SharedAddressSpaces implements PageRequestHandler {

    private static final LockClass LOCK_CLASS = new LockClass("iommu_sva_lock");

    private final Mutex lock;

    // Guarded by the lock.
    private final Map<Integer, AddressSpace> byPasid = new HashMap<>();

    /**
     * No address space is shared.
     *
     * @param locking where the lock comes from
     */
    public SharedAddressSpaces(Locking locking) {
        this.lock = locking.mutex(LOCK_CLASS);
    }

    /**
     * Shares an address space.
     *
     * @param pasid its PASID
     * @param space the address space
     * @throws IommuException {@code EBUSY} when the PASID has another
     */
    public void bind(int pasid, AddressSpace space) {
        lock.lock();
        try {
            AddressSpace other = byPasid.putIfAbsent(pasid, space);
            if (other != null && other != space) {
                throw new IommuException(Errno.EBUSY, "PASID " + pasid + " has an address space");
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Ends the sharing.
     *
     * @param pasid a PASID; nothing happens when it has no address space
     */
    public void unbind(int pasid) {
        lock.lock();
        try {
            byPasid.remove(pasid);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Code handle(Device device, PageRequest request) {
        AddressSpace space = request.hasPasid() ? find(request.pasid()) : null;
        return space == null ? Code.INVALID : space.handle(request);
    }

    private @Nullable AddressSpace find(int pasid) {
        lock.lock();
        try {
            return byPasid.get(pasid);
        } finally {
            lock.unlock();
        }
    }
}
