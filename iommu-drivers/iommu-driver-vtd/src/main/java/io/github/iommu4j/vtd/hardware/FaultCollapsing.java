package io.github.iommu4j.vtd.hardware;

/** What happens to a fault whose source-id a record already has (Intel VT-d §7.2.1 leaves it open). */
public enum FaultCollapsing {
    /** It is not recorded, and is not counted as lost. */
    BY_SOURCE,
    /** It gets a record of its own. */
    NONE
}
