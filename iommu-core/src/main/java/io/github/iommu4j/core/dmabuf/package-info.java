/**
 * DMA-BUF: memory that one device's driver exports and the drivers of others import, in the shape and with the names of
 * Linux 6.12's {@code drivers/dma-buf}.
 *
 * <p>Start with {@link io.github.iommu4j.core.dmabuf.DmaBufs}, which exports buffers, {@link
 * io.github.iommu4j.core.dmabuf.DmaBuf}, to which devices attach, and {@link io.github.iommu4j.core.dmabuf.SystemHeap}, a
 * ready exporter. An exporter of one's own implements {@link io.github.iommu4j.core.dmabuf.DmaBufOps}.
 *
 * <p>Not modelled: fences, polling, dynamic importers (pin and move), cached mappings.
 */
@NullMarked
package io.github.iommu4j.core.dmabuf;

import org.jspecify.annotations.NullMarked;
