package io.github.iommu4j.core.vfio;

/**
 * Where dirty bits go (Linux {@code vfio_bitmap}). Immutable; anything may be in it.
 *
 * @param pageSize bytes a bit stands for
 * @param size bytes of the bitmap
 */
public record BitmapRequest(long pageSize, long size) {}
