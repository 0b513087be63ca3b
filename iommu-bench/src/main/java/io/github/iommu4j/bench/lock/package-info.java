/**
 * What locks cost, and how fast interleavings are explored.
 *
 * <p>Start with {@link io.github.iommu4j.bench.lock.NestedLocks}.
 */
@NullMarked
package io.github.iommu4j.bench.lock;

import org.jspecify.annotations.NullMarked;
