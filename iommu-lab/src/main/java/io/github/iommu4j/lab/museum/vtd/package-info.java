/**
 * The mistakes of Intel VT-d's driver, each on a machine of its own.
 *
 * <p>Start with {@link io.github.iommu4j.lab.museum.vtd.VtdExhibits}.
 */
@NullMarked
package io.github.iommu4j.lab.museum.vtd;

import org.jspecify.annotations.NullMarked;
