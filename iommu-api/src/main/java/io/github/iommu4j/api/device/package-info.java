/**
 * Devices, buses and drivers as the kernel half sees them.
 *
 * <p>Start with {@link io.github.iommu4j.api.device.Device}.
 */
@NullMarked
package io.github.iommu4j.api.device;

import org.jspecify.annotations.NullMarked;
