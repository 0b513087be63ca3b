package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.memory.PageAllocator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** The memory of a unit's tables and queues: each piece goes back alone, or all at once. Thread-safe; nothing
 * waits for its books. */
final class StructureMemory {

    private final PageAllocator allocator;
    private final Map<Long, Long> taken = new LinkedHashMap<>();

    /** Nothing is taken yet. */
    StructureMemory(PageAllocator allocator) {
        this.allocator = allocator;
    }

    /**
     * Takes memory that is zero.
     *
     * @param bytes a power of two, at least 64; the piece is aligned to it
     * @return physical address
     * @throws IommuException {@code ENOMEM} when there is none
     */
    long allocate(long bytes) {
        long address = allocator.allocate(bytes, bytes);
        synchronized (taken) {
            taken.put(address, bytes);
        }
        return address;
    }

    /** Gives a piece back. Nothing that reads memory may know of it any more. */
    void free(long address) {
        Long bytes;
        synchronized (taken) {
            bytes = taken.remove(address);
        }
        allocator.free(address, Objects.requireNonNull(bytes, "not taken"));
    }

    void freeAll() {
        Map<Long, Long> all;
        synchronized (taken) {
            all = Map.copyOf(taken);
            taken.clear();
        }
        all.forEach(allocator::free);
    }

    /** How many pieces are taken. */
    int inUse() {
        synchronized (taken) {
            return taken.size();
        }
    }
}
