/**
 * Bit layouts that both halves of the short-descriptor driver share: the registers of MediaTek's M4U and SMI, and those
 * of a plain ARMv7 unit (Arm DDI 0406C B4.1). The bits of translation tables are not here: each half has its own.
 *
 * <p>Start with {@link io.github.iommu4j.armshort.layout.M4uRegister} and {@link
 * io.github.iommu4j.armshort.layout.ArmV7Register}.
 */
@NullMarked
package io.github.iommu4j.armshort.layout;

import org.jspecify.annotations.NullMarked;
