package io.github.iommu4j.smmuv3.driver;

/** What a stream table entry or context descriptor depends on besides its domain: features of the unit and its master. */
enum StreamTrait {
    /** The unit can stall (IDR0.STALL_MODEL is not 1). */
    UNIT_CAN_STALL,
    /** The unit always stalls (IDR0.STALL_MODEL is 2). */
    UNIT_ALWAYS_STALLS,
    /** The master's faults stall. */
    STALLS,
    /** The master's ATS is on: its entry lets translation requests through. */
    ATS,
    /** The unit can override attributes (IDR1.ATTR_TYPES_OVR), so that bypass says that it does not. */
    ATTRIBUTES_CAN_BE_OVERRIDDEN,
    /** Streams are of EL2 with host extensions (CR2.E2H). */
    E2H
}
