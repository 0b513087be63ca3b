package io.github.iommu4j.core.pagetable.intel;

/** Which of the two kinds of table. */
public enum IntelStage {
    /** First stage: as the processor's own tables (Intel VT-d §9.7). */
    FIRST,
    /** Second stage, which the specification once called second level (§9.8). */
    SECOND
}
