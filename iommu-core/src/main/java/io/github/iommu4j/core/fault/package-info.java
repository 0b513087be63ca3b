/**
 * Faults of devices on their way from IOMMU drivers to whoever handles them, and the answers on their way back (Linux {@code
 * iommu.c} and {@code io-pgfault.c}).
 *
 * <p>Start with {@link io.github.iommu4j.core.fault.DeviceFaults}; {@link io.github.iommu4j.core.fault.IopfQueue} collects page
 * requests into groups and handles them later.
 */
@NullMarked
package io.github.iommu4j.core.fault;

import org.jspecify.annotations.NullMarked;
