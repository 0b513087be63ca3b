/**
 * The mistakes of the PAT's driver, shown on a machine with both halves.
 *
 * <p>Start with {@link io.github.iommu4j.lab.museum.tipat.TiPatExhibits}.
 */
@NullMarked
package io.github.iommu4j.lab.museum.tipat;

import org.jspecify.annotations.NullMarked;
