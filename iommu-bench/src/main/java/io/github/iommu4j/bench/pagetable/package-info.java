/**
 * The workloads the kernel's own page-table code was measured with, on ours: same calls, same order, same random numbers,
 * same median.
 *
 * <p>Start with {@link io.github.iommu4j.bench.pagetable.PageTableBaseline}.
 */
@NullMarked
package io.github.iommu4j.bench.pagetable;

import org.jspecify.annotations.NullMarked;
