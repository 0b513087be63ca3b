/**
 * The mistakes of the M4U's driver, shown on machines with both halves.
 *
 * <p>Start with {@link io.github.iommu4j.lab.museum.m4u.M4uExhibits}.
 */
@NullMarked
package io.github.iommu4j.lab.museum.m4u;

import org.jspecify.annotations.NullMarked;
