package io.github.iommu4j.core.dmabuf;

/**
 * A buffer, or some of it, at consecutive addresses of the CPU: what page tables would say of a {@code vmap} or {@code
 * mmap}. Immutable; compared by identity, as addresses are.
 */
public final class CpuMapping {

    private final ScatterList pages;
    private final long start;
    private final long size;

    /**
     * Maps a part of some memory.
     *
     * @param pages the memory
     * @param start bytes from its start to the first byte mapped
     * @param size bytes mapped
     * @throws IllegalArgumentException when the memory has no such part
     */
    public CpuMapping(ScatterList pages, long start, long size) {
        if (start < 0 || size < 0 || size > pages.size() - start) {
            throw new IllegalArgumentException(size + " bytes from " + start + " of " + pages.size());
        }
        this.pages = pages;
        this.start = start;
        this.size = size;
    }

    /**
     * How much is mapped.
     *
     * @return bytes
     */
    public long size() {
        return size;
    }

    /**
     * Where one byte is.
     *
     * @param at bytes from the start of the mapping
     * @return physical byte address
     * @throws IndexOutOfBoundsException when {@code at} is not in the mapping
     */
    public long pa(long at) {
        if (at < 0 || at >= size) {
            throw new IndexOutOfBoundsException("byte " + at + " of " + size);
        }
        return pages.paAt(start + at);
    }
}
