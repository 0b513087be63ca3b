/**
 * What an IOMMU driver implements.
 *
 * <p>Start with {@link io.github.iommu4j.api.driver.IommuDriver} and {@link
 * io.github.iommu4j.api.driver.DomainOps}.
 */
@NullMarked
package io.github.iommu4j.api.driver;

import org.jspecify.annotations.NullMarked;
