/**
 * What a model says about itself: the kernel log and its warnings.
 *
 * <p>Start with {@link io.github.iommu4j.core.trace.KernelLog}.
 */
@NullMarked
package io.github.iommu4j.core.trace;

import org.jspecify.annotations.NullMarked;
