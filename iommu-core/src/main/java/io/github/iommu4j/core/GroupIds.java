package io.github.iommu4j.core;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.SpinLock;
import java.util.BitSet;

/** Group numbers: the lowest free one first, freed ones again (Linux {@code iommu_group_ida}). */
final class GroupIds {

    private static final LockClass LOCK_CLASS = new LockClass("&xa->xa_lock");

    private final SpinLock lock;
    private final BitSet used = new BitSet();

    GroupIds(Locking locking) {
        this.lock = locking.spinLock(LOCK_CLASS);
    }

    int take() {
        lock.lock();
        try {
            int id = used.nextClearBit(0);
            used.set(id);
            return id;
        } finally {
            lock.unlock();
        }
    }

    void give(int id) {
        lock.lock();
        try {
            used.clear(id);
        } finally {
            lock.unlock();
        }
    }
}
