/**
 * What random tests begin with, for jqwik: PCI topologies, calls on a domain, DMA, tasks that run at once, and what a guest
 * might write.
 *
 * <p>Start with {@link io.github.iommu4j.testkit.arbitraries.IommuArbitraries}.
 */
@NullMarked
package io.github.iommu4j.testkit.arbitraries;

import org.jspecify.annotations.NullMarked;
