package io.github.iommu4j.core.dmabuf;

/**
 * Pages of a buffer, as a user asks for them (Linux {@code vm_pgoff} and {@code vma_pages}). Immutable; nothing is
 * checked before the range is used.
 *
 * @param first number of the first page, unsigned
 * @param count how many, unsigned
 */
public record PageRange(long first, long count) {}
