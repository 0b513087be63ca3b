/**
 * PCI topology: functions, bridges, DMA aliases, access control services, and the isolation sets they make.
 *
 * <p>Start with {@link io.github.iommu4j.core.topology.PciFunction} and {@link
 * io.github.iommu4j.core.topology.PciIsolation}.
 */
@NullMarked
package io.github.iommu4j.core.topology;

import org.jspecify.annotations.NullMarked;
