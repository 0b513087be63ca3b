/**
 * Reads recorded sequences of page-table calls, row by row.
 *
 * <p>Start with {@link io.github.iommu4j.lab.vector.VectorReader}; what it gives are {@link
 * io.github.iommu4j.lab.vector.VectorRow}s.
 */
@NullMarked
package io.github.iommu4j.lab.vector;

import org.jspecify.annotations.NullMarked;
