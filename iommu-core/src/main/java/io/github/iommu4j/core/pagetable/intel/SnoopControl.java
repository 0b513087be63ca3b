package io.github.iommu4j.core.pagetable.intel;

/** Whether leaves of the second stage force coherent accesses (SNP, Intel VT-d §9.8). */
public enum SnoopControl {
    /** SNP is clear: devices decide. */
    BY_DEVICE,
    /** SNP is set: every access snoops, whatever the device asks for; needs ECAP.SC. */
    FORCED
}
