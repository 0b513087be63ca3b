/**
 * What drivers of IOMMUs find in the kernel, whatever they drive.
 *
 * <p>Start with {@link io.github.iommu4j.core.driver.KernelServices}.
 */
@NullMarked
package io.github.iommu4j.core.driver;

import org.jspecify.annotations.NullMarked;
