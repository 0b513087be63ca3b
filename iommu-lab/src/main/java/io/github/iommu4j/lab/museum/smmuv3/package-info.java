/**
 * The mistakes of SMMUv3's driver, each on a machine of its own.
 *
 * <p>Start with {@link io.github.iommu4j.lab.museum.smmuv3.Smmuv3Exhibits}.
 */
@NullMarked
package io.github.iommu4j.lab.museum.smmuv3;

import org.jspecify.annotations.NullMarked;
