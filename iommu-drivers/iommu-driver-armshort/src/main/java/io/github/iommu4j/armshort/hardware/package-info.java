/**
 * The hardware half of IOMMUs with Arm VMSAv7 short descriptors (Arm DDI 0406C B3.5): one walker and one translation
 * cache under two faces, MediaTek's M4U with its SMI larbs and a plain unit with the architecture's own registers.
 *
 * <p>Start with {@link io.github.iommu4j.armshort.hardware.M4u} and {@link
 * io.github.iommu4j.armshort.hardware.ArmV7Mmu}.
 */
@NullMarked
package io.github.iommu4j.armshort.hardware;

import org.jspecify.annotations.NullMarked;
