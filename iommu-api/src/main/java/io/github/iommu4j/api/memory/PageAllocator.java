package io.github.iommu4j.api.memory;

import io.github.iommu4j.api.IommuException;

/**
 * Gives out pieces of physical memory for tables and queues. The embedder supplies it; {@code core.memory.ArenaAllocator}
 * is the default.
 *
 * <p><b>Thread-safety:</b> every method may be called from any thread.
 */
public interface PageAllocator {

    /**
     * Takes a piece. Every word of it reads zero.
     *
     * @param size bytes, a power of two, at least 64
     * @param alignment bytes, a power of two
     * @return physical address of the piece, a multiple of {@code alignment}
     * @throws IommuException {@code ENOMEM} when no piece is free
     */
    long allocate(long size, long alignment);

    /**
     * Gives a piece back.
     *
     * @param address what {@link #allocate} returned
     * @param size the size that was asked for
     * @throws AssertionError when no such piece is given out: the caller's bug
     */
    void free(long address, long size);
}
