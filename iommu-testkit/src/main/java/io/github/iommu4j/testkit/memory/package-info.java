/**
 * Physical memory that tests can watch.
 *
 * <p>Start with {@link io.github.iommu4j.testkit.memory.WatchedMemory}.
 */
@NullMarked
package io.github.iommu4j.testkit.memory;

import org.jspecify.annotations.NullMarked;
