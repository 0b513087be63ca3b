/**
 * Implementations of the locks.
 *
 * <p>Start with {@link io.github.iommu4j.core.lock.PlainLocking}, or {@link
 * io.github.iommu4j.core.lock.ValidatedLocking} to have every order of locks checked.
 */
@NullMarked
package io.github.iommu4j.core.lock;

import org.jspecify.annotations.NullMarked;
