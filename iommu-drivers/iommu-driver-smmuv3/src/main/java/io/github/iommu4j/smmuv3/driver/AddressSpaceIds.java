package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.SpinLock;
import java.util.BitSet;

/** ASIDs or VMIDs that are taken: the lowest free one is given out, and 0 never. Thread-safe. */
final class AddressSpaceIds {

    private static final LockClass ASID_LOCK = new LockClass("arm_smmu_asid_xa.xa_lock");
    private static final LockClass VMID_LOCK = new LockClass("&smmu->vmid_map.xa_lock");

    private final String name;
    private final Errno exhausted;
    private final SpinLock lock;
    private final BitSet taken = new BitSet();

    private AddressSpaceIds(String name, Errno exhausted, SpinLock lock) {
        this.name = name;
        this.exhausted = exhausted;
        this.lock = lock;
    }

    /** The ASIDs of a kernel, which all its units share. */
    static AddressSpaceIds ofHost(Locking locking) {
        return new AddressSpaceIds("ASID", Errno.EBUSY, locking.spinLock(ASID_LOCK));
    }

    /** The VMIDs of a unit. */
    static AddressSpaceIds ofUnit(Locking locking) {
        return new AddressSpaceIds("VMID", Errno.ENOSPC, locking.spinLock(VMID_LOCK));
    }

    /**
     * Takes an id.
     *
     * @param bits how wide it may be
     * @throws IommuException {@code EBUSY} for ASIDs, {@code ENOSPC} for VMIDs, when all are taken
     */
    int allocate(int bits) {
        lock.lock();
        try {
            int id = taken.nextClearBit(1);
            if (id >>> bits != 0) {
                throw new IommuException(exhausted, "all " + ((1 << bits) - 1) + " " + name + "s are taken");
            }
            taken.set(id);
            return id;
        } finally {
            lock.unlock();
        }
    }

    void free(int id) {
        lock.lock();
        try {
            if (!taken.get(id)) {
                throw new AssertionError(name + " " + id + " is not taken");
            }
            taken.clear(id);
        } finally {
            lock.unlock();
        }
    }

    int inUse() {
        lock.lock();
        try {
            return taken.cardinality();
        } finally {
            lock.unlock();
        }
    }
}
