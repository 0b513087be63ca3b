package io.github.iommu4j.core.pagetable.intel;

/** Whether entries of the first stage forbid execution (XD, Intel VT-d §9.7). */
public enum ExecuteDisable {
    /** XD is set in every entry, which needs NXE in the PASID entry (Linux 6.1). */
    SET,
    /** XD is clear, as Linux 6.12 has it. */
    CLEAR
}
