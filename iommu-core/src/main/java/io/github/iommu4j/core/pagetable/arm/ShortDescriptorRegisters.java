package io.github.iommu4j.core.pagetable.arm;

/**
 * What the hardware's registers must hold for a table of short descriptors.
 *
 * @param ttbr TTBR0: the root's address and how it is read; with {@link ArmTableQuirk#MTK_EXT} the address bits 34 to 32
 *     are in bits 2 to 0
 * @param tcr TTBCR
 * @param prrr PRRR: types of the remapped memory attributes
 * @param nmrr NMRR: cacheability of the remapped memory attributes
 */
public record ShortDescriptorRegisters(int ttbr, int tcr, int prrr, int nmrr) {}
