package io.github.iommu4j.core.driver;

import io.github.iommu4j.api.memory.PageAllocator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The memory of a unit's tables and queues: each piece goes back alone, or all at once. Thread-safe; nothing waits for its books.
 */
public final class StructureMemory {

    private final PageAllocator allocator;
    private final Map<Long, Long> taken = new LinkedHashMap<>();

    /**
     * Nothing is taken yet.
     *
     * @param allocator gives the memory out
     */
    public StructureMemory(PageAllocator allocator) {
        this.allocator = allocator;
    }

    /**
     * Takes memory that is zero.
     *
     * @param bytes a power of two, at least 64; the piece is aligned to it
     * @return physical address
     * @throws io.github.iommu4j.api.IommuException {@code ENOMEM} when there is none
     */
    public long allocate(long bytes) {
        return allocate(bytes, bytes);
    }

    /**
     * Takes memory that is zero and aligned to something else than its size.
     *
     * @param bytes a power of two, at least 64
     * @param alignment bytes, a power of two
     * @return physical address
     * @throws io.github.iommu4j.api.IommuException {@code ENOMEM} when there is none
     */
    public long allocate(long bytes, long alignment) {
        long address = allocator.allocate(bytes, alignment);
        synchronized (taken) {
            taken.put(address, bytes);
        }
        return address;
    }

    /**
     * Gives a piece back. Nothing that reads memory may know of it any more.
     *
     * @param address what {@link #allocate(long)} returned
     * @throws NullPointerException when it is not taken
     */
    public void free(long address) {
        Long bytes;
        synchronized (taken) {
            bytes = taken.remove(address);
        }
        allocator.free(address, Objects.requireNonNull(bytes, "not taken"));
    }

    /** Gives every piece back that is taken, the one taken first first. */
    public void freeAll() {
        Map<Long, Long> all;
        synchronized (taken) {
            all = new LinkedHashMap<>(taken);
            taken.clear();
        }
        all.forEach(allocator::free);
    }

    /**
     * How many pieces are taken.
     *
     * @return a number
     */
    public int inUse() {
        synchronized (taken) {
            return taken.size();
        }
    }
}
