package io.github.iommu4j.core.memory;

import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.api.memory.PhysicalMemory;
import java.util.List;

/**
 * Gives out pieces of an arena of physical memory, always the lowest free place that is aligned as asked for, zeroed.
 *
 * <p><b>Thread-safety:</b> every method may be called from any thread; a spin lock is held while the books are changed.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class ArenaAllocator implements PageAllocator {

    /**
     * A piece that is given out.
     *
     * @param address physical address
     * @param size bytes
     */
    public record Piece(long address, long size) {}

    /**
     * An allocator over free memory.
     *
     * @param memory the memory, whose words in the arena may be overwritten
     * @param base first physical address of the arena, 64-byte aligned
     * @param size bytes of the arena, a multiple of 64
     * @param locking where the lock comes from
     * @throws IllegalArgumentException when the arena is not aligned
     */
    public ArenaAllocator(PhysicalMemory memory, long base, long size, Locking locking) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long allocate(long size, long alignment) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void free(long address, long size) {
        throw new UnsupportedOperationException();
    }

    /**
     * What is given out.
     *
     * @return the pieces, ascending by address
     */
    public List<Piece> live() {
        throw new UnsupportedOperationException();
    }

    /**
     * How much is given out.
     *
     * @return bytes
     */
    public long liveBytes() {
        throw new UnsupportedOperationException();
    }
}
