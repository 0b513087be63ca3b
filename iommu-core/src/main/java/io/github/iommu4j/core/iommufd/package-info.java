/**
 * What iommufd gives user space to hear of faults and events (Linux 6.11 and later).
 *
 * <p>Start with {@link io.github.iommu4j.core.iommufd.FaultQueue}.
 */
@NullMarked
package io.github.iommu4j.core.iommufd;

import org.jspecify.annotations.NullMarked;
