package io.github.iommu4j.core.pagetable;

/** Which end of the 64-bit address space a table translates. */
public enum InputHalf {
    /** Addresses whose bits above the input size are zero. */
    LOW,
    /** Addresses whose bits above the input size are ones (ARM's TTBR1). */
    HIGH
}
