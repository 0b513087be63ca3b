package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;

/** Devices that are only reset together: those of one bus; on a root bus each alone (Linux {@code vfio_device_set}). */
final class DeviceSet {

    private static final LockClass LOCK_CLASS = new LockClass("&new_dev_set->lock");

    private final Object key;
    private final Mutex mutex;

    // Guarded by the lock of the registry.
    private int members;

    DeviceSet(Locking locking, Object key) {
        this.key = key;
        this.mutex = locking.mutex(LOCK_CLASS);
    }

    /** What the devices have in common: their bus, or the device itself. */
    Object key() {
        return key;
    }

    /** Guards how often the devices are open. */
    Mutex mutex() {
        return mutex;
    }

    void joined() {
        members++;
    }

    /** A device left; says whether it was the last. */
    boolean left() {
        members--;
        return members == 0;
    }
}
