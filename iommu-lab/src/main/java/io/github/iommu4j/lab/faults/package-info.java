/**
 * Page faults on their way round: from a device through queues in memory to the kernel, a handler, and back.
 *
 * <p>Start with {@link io.github.iommu4j.lab.faults.FaultShow}.
 */
@NullMarked
package io.github.iommu4j.lab.faults;

import org.jspecify.annotations.NullMarked;
