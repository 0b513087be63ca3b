/**
 * ARM's table formats: long descriptors (LPAE, VMSAv8-64) and short descriptors (VMSAv7).
 *
 * <p>Start with {@link io.github.iommu4j.core.pagetable.arm.ArmTableConfig}, and then either {@link
 * io.github.iommu4j.core.pagetable.arm.LpaeTable} or {@link io.github.iommu4j.core.pagetable.arm.ShortDescriptorTable}.
 */
@NullMarked
package io.github.iommu4j.core.pagetable.arm;

import org.jspecify.annotations.NullMarked;
