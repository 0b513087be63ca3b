/**
 * Intel's table formats: second stage, and first stage, which is that of the processor (Intel VT-d chapters 3, 9.7, 9.8).
 *
 * <p>Start with {@link io.github.iommu4j.core.pagetable.intel.IntelTableConfig}, and then {@link
 * io.github.iommu4j.core.pagetable.intel.IntelTable}.
 */
@NullMarked
package io.github.iommu4j.core.pagetable.intel;

import org.jspecify.annotations.NullMarked;
