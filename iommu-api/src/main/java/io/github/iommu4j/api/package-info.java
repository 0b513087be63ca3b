/**
 * The kernel half as its users see it: groups, domains, ownership, error numbers.
 *
 * <p>Start with {@link io.github.iommu4j.api.IommuGroup} and {@link io.github.iommu4j.api.IommuDomain}.
 */
@NullMarked
package io.github.iommu4j.api;

import org.jspecify.annotations.NullMarked;
