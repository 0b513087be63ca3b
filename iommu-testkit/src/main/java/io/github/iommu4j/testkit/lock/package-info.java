/**
 * Locks that tests can watch.
 *
 * <p>Start with {@link io.github.iommu4j.testkit.lock.RecordingLocking}.
 */
@NullMarked
package io.github.iommu4j.testkit.lock;

import org.jspecify.annotations.NullMarked;
