/**
 * The default physical memory.
 *
 * <p>Start with {@link io.github.iommu4j.core.memory.SparseMemory}.
 */
@NullMarked
package io.github.iommu4j.core.memory;

import org.jspecify.annotations.NullMarked;
