/**
 * Faults of devices as drivers report them to the core and as handlers answer them (Linux 5.3 to 6.8 {@code struct iommu_fault},
 * and what became of it).
 *
 * <p>Start with {@link io.github.iommu4j.api.fault.FaultEvent}, then {@link io.github.iommu4j.api.fault.DeviceFaultHandler} (up
 * to 6.8) or {@link io.github.iommu4j.api.fault.IopfHandler} (later).
 */
@NullMarked
package io.github.iommu4j.api.fault;

import org.jspecify.annotations.NullMarked;
