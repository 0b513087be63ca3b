package io.github.iommu4j.api.fault;

/** Why an access could not be translated, in words that every driver can say (Linux {@code enum iommu_fault_reason}). */
public enum FaultReason {
    /** None of the others. */
    UNKNOWN,
    /** The entry of the PASID table could not be read. */
    PASID_FETCH,
    /** The entry of the PASID table is not valid. */
    BAD_PASID_ENTRY,
    /** The PASID is out of range or may not be used. */
    PASID_INVALID,
    /** A table walk met an external abort. */
    WALK_EABT,
    /** There is no translation: a page table entry is not valid. */
    PTE_FETCH,
    /** The translation does not permit the access. */
    PERMISSION,
    /** The access flag is not set. */
    ACCESS,
    /** An address is out of range. */
    OOR_ADDRESS
}
