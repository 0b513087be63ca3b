package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.memory.PageAllocator;

/** Zeroed memory that accesses go to which fault. Twice its alignment is taken and the address rounded up. */
final class ProtectBuffer {

    private static final long ALIGNMENT = 256;
    private static final long SIZE = 2 * ALIGNMENT;
    private static final long SMALLEST_ALIGNMENT = 64;

    private final PageAllocator allocator;
    private final long taken;

    /**
     * Takes the buffer.
     *
     * @throws io.github.iommu4j.api.IommuException {@code ENOMEM} when there is no memory
     */
    ProtectBuffer(PageAllocator allocator) {
        this.allocator = allocator;
        this.taken = allocator.allocate(SIZE, SMALLEST_ALIGNMENT);
    }

    /** Where accesses go: physical address, a multiple of 256. */
    long address() {
        return taken + ALIGNMENT - 1 & -ALIGNMENT;
    }

    void free() {
        allocator.free(taken, SIZE);
    }
}
