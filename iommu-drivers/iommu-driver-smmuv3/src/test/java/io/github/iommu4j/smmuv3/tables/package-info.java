/**
 * Random stream tables, context descriptors and page tables in memory, valid ones with faults planted.
 *
 * <p>Start with {@link io.github.iommu4j.smmuv3.tables.Scenario} and {@link io.github.iommu4j.smmuv3.tables.Shape}.
 */
@NullMarked
package io.github.iommu4j.smmuv3.tables;

import org.jspecify.annotations.NullMarked;
