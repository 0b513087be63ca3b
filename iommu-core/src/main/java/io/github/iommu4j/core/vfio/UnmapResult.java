package io.github.iommu4j.core.vfio;

/**
 * The answer of VFIO_IOMMU_UNMAP_DMA. Immutable.
 *
 * @param size bytes unmapped
 * @param bitmap the dirty pages; {@link DirtyBitmap#NONE} when not asked for
 */
public record UnmapResult(long size, DirtyBitmap bitmap) {}
