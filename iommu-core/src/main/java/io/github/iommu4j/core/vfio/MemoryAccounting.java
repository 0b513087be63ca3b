package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.UserCapabilities;
import io.github.iommu4j.api.UserCapabilities.Capability;

/**
 * How much memory of a process is locked, and how much may be. The same memory locked twice counts twice.
 *
 * <p><b>Thread-safety:</b> may be used from any thread.
 */
public final class MemoryAccounting {

    /** No limit (RLIM_INFINITY). */
    public static final long UNLIMITED = -1L;

    private static final long KIB = 1024;

    private long lockedPages;
    private long limitBytes = UNLIMITED;
    private UserCapabilities capabilities = UserCapabilities.ALL;

    /** Nothing locked, no limit, every capability. */
    public MemoryAccounting() {}

    /**
     * Sets RLIMIT_MEMLOCK.
     *
     * @param bytes the limit as an unsigned number, {@link #UNLIMITED} for none
     */
    public synchronized void setLimit(long bytes) {
        limitBytes = bytes;
    }

    /**
     * Sets what the process may do; CAP_IPC_LOCK lifts the limit.
     *
     * @param newCapabilities the capabilities from now on
     */
    public synchronized void setCapabilities(UserCapabilities newCapabilities) {
        capabilities = newCapabilities;
    }

    /**
     * How much is locked.
     *
     * @return KiB, as VmLck shows it
     */
    public synchronized long lockedKiB() {
        return lockedPages * (UserMemory.PAGE_SIZE / KIB);
    }

    /** Whether mappings made now are free of the limit, also later. */
    synchronized boolean isPrivileged() {
        return capabilities.has(Capability.CAP_IPC_LOCK);
    }

    /** The limit in pages. */
    synchronized long limitPages() {
        return Long.divideUnsigned(limitBytes, UserMemory.PAGE_SIZE);
    }

    synchronized long lockedPages() {
        return lockedPages;
    }

    /** Counts pages that were pinned or let go. */
    synchronized void add(long pages) {
        lockedPages += pages;
    }
}
