package io.github.iommu4j.core.pagetable.arm;

/** The kinds of tables of long descriptors, by the kernel's names (Linux {@code enum io_pgtable_fmt}). */
public enum LpaeKind {
    /** VMSAv8-64 stage 1. */
    ARM_64_LPAE_S1,
    /** VMSAv8-64 stage 2. */
    ARM_64_LPAE_S2,
    /** VMSAv8-32 stage 1: input up to 32 bits, output up to 40. */
    ARM_32_LPAE_S1,
    /** VMSAv8-32 stage 2: input and output up to 40 bits. */
    ARM_32_LPAE_S2,
    /** ARM's Mali GPUs, Midgard and Bifrost: attributes as in stage 1, permissions as in stage 2. */
    ARM_MALI_LPAE
}
