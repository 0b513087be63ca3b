/**
 * Implementations of the locks.
 *
 * <p>Start with {@link io.github.iommu4j.core.lock.PlainLocking}.
 */
@NullMarked
package io.github.iommu4j.core.lock;

import org.jspecify.annotations.NullMarked;
