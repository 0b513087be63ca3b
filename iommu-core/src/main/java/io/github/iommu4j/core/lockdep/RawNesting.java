package io.github.iommu4j.core.lockdep;

/** Whether a spin lock may be taken under a raw one (Linux {@code CONFIG_PROVE_RAW_LOCK_NESTING}). */
public enum RawNesting {
    /** The two kinds are one, as on kernels without PREEMPT_RT up to 6.12. */
    UNCHECKED,
    /** A spin lock under a raw spin lock, or in a hard interrupt, is reported. */
    CHECKED
}
