/**
 * The IOMMU core: probing, groups, domains, DMA ownership.
 *
 * <p>Start with {@link io.github.iommu4j.core.IommuCore}.
 */
@NullMarked
package io.github.iommu4j.core;

import org.jspecify.annotations.NullMarked;
