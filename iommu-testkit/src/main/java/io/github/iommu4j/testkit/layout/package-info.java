/**
 * Checks of bit layouts by reflection.
 *
 * <p>Start with {@link io.github.iommu4j.testkit.layout.LayoutAssert}.
 */
@NullMarked
package io.github.iommu4j.testkit.layout;

import org.jspecify.annotations.NullMarked;
