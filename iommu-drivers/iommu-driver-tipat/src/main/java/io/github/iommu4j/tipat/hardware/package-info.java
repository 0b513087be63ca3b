/**
 * The hardware half of a PAT: registers, the table in its SRAM, the window, and the interconnect that several of them sit
 * on.
 *
 * <p>Start with {@link io.github.iommu4j.tipat.hardware.Pat} for one, and {@link
 * io.github.iommu4j.tipat.hardware.PatInterconnect} for what devices see of several.
 */
@NullMarked
package io.github.iommu4j.tipat.hardware;

import org.jspecify.annotations.NullMarked;
