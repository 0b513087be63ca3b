package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.memory.PageAllocator;
import java.util.LinkedHashMap;
import java.util.Map;

/** The memory of a unit's structures, which goes back all at once. Thread-safe. */
final class StructureMemory {

    private final PageAllocator allocator;
    private final Map<Long, Long> taken = new LinkedHashMap<>();

    StructureMemory(PageAllocator allocator) {
        this.allocator = allocator;
    }

    /**
     * Takes memory that is zero.
     *
     * @throws io.github.iommu4j.api.IommuException {@code ENOMEM} when there is none
     */
    synchronized long allocate(long bytes, long alignment) {
        long address = allocator.allocate(bytes, alignment);
        taken.put(address, bytes);
        return address;
    }

    synchronized void freeAll() {
        taken.forEach(allocator::free);
        taken.clear();
    }
}
