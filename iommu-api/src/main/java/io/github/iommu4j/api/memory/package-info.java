/**
 * What the library and an embedder's machine share: physical memory, register windows, interrupts.
 *
 * <p>Start with {@link io.github.iommu4j.api.memory.PhysicalMemory} and {@link
 * io.github.iommu4j.api.memory.MmioRegion}.
 */
@NullMarked
package io.github.iommu4j.api.memory;

import org.jspecify.annotations.NullMarked;
