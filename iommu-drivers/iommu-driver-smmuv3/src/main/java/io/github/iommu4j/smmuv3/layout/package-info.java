/**
 * Bit layouts that both halves of the SMMUv3 driver share: registers, stream table entries, context descriptors,
 * commands and event records (Arm IHI 0070 §4-7).
 *
 * <p>Start with {@link io.github.iommu4j.smmuv3.layout.StreamTableEntry} and {@link
 * io.github.iommu4j.smmuv3.layout.SmmuRegister}.
 */
@NullMarked
package io.github.iommu4j.smmuv3.layout;

import org.jspecify.annotations.NullMarked;
