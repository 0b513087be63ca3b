package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.api.lock.RefCount;

/** The module vfio_iommu_type1: its parameters, which are read where they matter, and its references. */
final class Type1Module {

    private static final LockClass LIST_CLASS = new LockClass("vfio.iommu_drivers_lock");

    private final Mutex listMutex;
    private final RefCount references;
    private final boolean hasNestedControls;
    private volatile AllowUnsafe allowUnsafeInterrupts;
    private volatile int dmaEntryLimit;

    Type1Module(Locking locking, VfioOptions options) {
        this.listMutex = locking.mutex(LIST_CLASS);
        this.references = locking.refCount("vfio_iommu_type1");
        this.allowUnsafeInterrupts = options.allowUnsafeInterrupts();
        this.dmaEntryLimit = options.dmaEntryLimit();
        this.hasNestedControls = options.nested() != null;
    }

    /** The lock of the list of IOMMU drivers, held while one is chosen. */
    Mutex listMutex() {
        return listMutex;
    }

    /** Open containers whose IOMMU is set; the count starts at one. */
    RefCount references() {
        return references;
    }

    /** Whether the controls of the nested series (2019 proposal) are there. */
    boolean hasNestedControls() {
        return hasNestedControls;
    }

    AllowUnsafe allowUnsafeInterrupts() {
        return allowUnsafeInterrupts;
    }

    void setAllowUnsafeInterrupts(AllowUnsafe value) {
        allowUnsafeInterrupts = value;
    }

    int dmaEntryLimit() {
        return dmaEntryLimit;
    }

    void setDmaEntryLimit(int limit) {
        dmaEntryLimit = limit;
    }
}
