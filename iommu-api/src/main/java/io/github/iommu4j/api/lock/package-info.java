/**
 * Locks by their kernel names. Every shared mutable state of core and drivers is reached through these, and nothing
 * waits except through them, so that one implementation can run plainly, another validate and a third explore.
 *
 * <p>Start with {@link io.github.iommu4j.api.lock.Locking}.
 */
@NullMarked
package io.github.iommu4j.api.lock;

import org.jspecify.annotations.NullMarked;
