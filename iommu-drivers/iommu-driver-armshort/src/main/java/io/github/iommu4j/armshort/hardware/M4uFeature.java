package io.github.iommu4j.armshort.hardware;

/** What M4Us have or have not. */
public enum M4uFeature {
    /** Tables may lie above 4 GiB: PT_BASE_ADDR and table descriptors have bits 34:32 of addresses. */
    TABLES_ABOVE_4G,
    /** Results outside VLD_PA_RNG are faults; without this the register is there and does nothing. */
    CHECKS_PA_RANGE
}
