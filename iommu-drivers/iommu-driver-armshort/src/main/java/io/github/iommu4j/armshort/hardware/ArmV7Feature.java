package io.github.iommu4j.armshort.hardware;

/** What VMSAv7 leaves to an implementation. */
public enum ArmV7Feature {
    /** PXN, privileged execute-never. Without it a level-1 descriptor that ends in 11 is a translation fault. */
    PXN,
    /** Supersections of 16 MiB. Without them a section descriptor with bit 18 set is a translation fault. */
    SUPERSECTIONS,
    /** The unit is secure: NS of a descriptor means something. */
    SECURE,
    /** A secure unit that fetches no instructions from memory that is non-secure (SCR.SIF). */
    SECURE_INSTRUCTION_FETCH
}
