package io.github.iommu4j.core.pagetable;

/** Whether the hardware that walks a table sees what the CPU has written. */
public enum WalkCoherency {
    /** Walks snoop the CPU's caches. */
    COHERENT,
    /** They do not: descriptors have to be written back, see {@link CacheMaintenance}. */
    NON_COHERENT
}
