/**
 * The device model: buses, binding of drivers, deferred probing, PCI enumeration and hot plug.
 *
 * <p>Start with {@link io.github.iommu4j.core.device.BusType} and {@link io.github.iommu4j.core.device.PciHost}.
 */
@NullMarked
package io.github.iommu4j.core.device;

import org.jspecify.annotations.NullMarked;
