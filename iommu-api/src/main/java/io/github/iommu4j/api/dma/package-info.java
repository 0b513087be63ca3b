/**
 * DMA through an IOMMU: the request a device makes and the translation or fault it gets.
 *
 * <p>Start with {@link io.github.iommu4j.api.dma.TranslationUnit} and {@link io.github.iommu4j.api.dma.DmaRequest}.
 */
@NullMarked
package io.github.iommu4j.api.dma;

import org.jspecify.annotations.NullMarked;
