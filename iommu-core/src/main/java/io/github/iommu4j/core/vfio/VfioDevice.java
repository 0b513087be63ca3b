package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.lock.Completion;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.RefCount;
import io.github.iommu4j.core.device.DeviceNode;
import org.jspecify.annotations.Nullable;

/** A device bound to vfio-pci (Linux {@code vfio_device}). */
final class VfioDevice {

    private final DeviceNode node;
    private final VfioGroup group;
    private final DeviceSet set;
    private final FaultRegions faultRegions;
    private final RefCount registration;
    private final Completion released;

    // Guarded by the set's lock.
    private int openCount;

    // Changes under the set's lock; a user reads its mapping without.
    private volatile @Nullable FaultRegion faultRegion;

    VfioDevice(FaultRegions faultRegions, DeviceNode node, VfioGroup group, DeviceSet set) {
        Locking locking = faultRegions.locking();
        this.faultRegions = faultRegions;
        this.node = node;
        this.group = group;
        this.set = set;
        this.registration = locking.refCount("vfio device " + node.name());
        this.released = locking.completion("release of vfio device " + node.name());
    }

    DeviceNode node() {
        return node;
    }

    VfioGroup group() {
        return group;
    }

    DeviceSet set() {
        return set;
    }

    /** Done when the driver and every open file have let the device go. */
    Completion released() {
        return released;
    }

    boolean tryGet() {
        return registration.getUnlessZero();
    }

    void put() {
        if (registration.put()) {
            released.complete();
        }
    }

    void openedLocked() {
        set.mutex().assertHeld();
        if (openCount == 0) {
            faultRegion = faultRegions.start(node);
        }
        openCount++;
    }

    /** One open less; says whether it was the last. */
    boolean closedLocked() {
        set.mutex().assertHeld();
        openCount--;
        if (openCount == 0 && faultRegion != null) {
            faultRegions.stop(node);
            faultRegion = null;
        }
        return openCount == 0;
    }

    /** The region that takes the device's faults while it is open, or {@code null}. */
    @Nullable
    FaultRegion faultRegion() {
        return faultRegion;
    }

    boolean isOpenLocked() {
        set.mutex().assertHeld();
        return openCount != 0;
    }

    @Override
    public String toString() {
        return "vfio device " + node;
    }
}
