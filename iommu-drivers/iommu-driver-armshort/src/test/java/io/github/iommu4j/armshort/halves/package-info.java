/**
 * The two halves meet in memory: what the kernel's page-table code, or the library's, wrote is walked by the hardware.
 *
 * <p>Start with {@link io.github.iommu4j.armshort.halves.HalvesCheck}.
 */
@NullMarked
package io.github.iommu4j.armshort.halves;

import org.jspecify.annotations.NullMarked;
