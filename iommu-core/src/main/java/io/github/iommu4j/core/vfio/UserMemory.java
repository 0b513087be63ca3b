package io.github.iommu4j.core.vfio;

/**
 * The memory of a user-space process, as far as it can be given to devices. Pages are of 4 KiB.
 *
 * <p><b>Thread-safety:</b> implementations may be called from any thread.
 */
public interface UserMemory {

    /** Bytes of a page. */
    long PAGE_SIZE = 4096;

    /** What a pinned page is for. */
    enum Intent {
        /** Reading: memory that was never touched gives the shared page of zeros. */
        READ,
        /** Reading for long: memory that was never touched gets a page of its own first. */
        READ_OWN,
        /** Writing. */
        WRITE
    }

    /** What a pinned page is. */
    enum Backing {
        /** A page of memory; counts as locked. */
        MEMORY,
        /** The shared page of zeros; does not count as locked. */
        ZERO_PAGE
    }

    /**
     * A pinned page.
     *
     * @param pa its physical address, a multiple of {@link #PAGE_SIZE}
     * @param backing what it is
     */
    record Page(long pa, Backing backing) {}

    /**
     * Pins a page.
     *
     * @param vaddr its address in the process, a multiple of {@link #PAGE_SIZE}
     * @param intent what it is for
     * @return the page
     * @throws io.github.iommu4j.api.IommuException {@code EFAULT} when there is no memory or it may not be written
     */
    Page pin(long vaddr, Intent intent);

    /**
     * Lets a pinned page go.
     *
     * @param page what {@link #pin} returned
     */
    void unpin(Page page);
}
