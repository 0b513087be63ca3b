package io.github.iommu4j.armshort.layout;

/** What software may do with a register. */
public enum RegisterAccess {
    /** Writes are ignored. */
    RO,
    /** Reads give zero. */
    WO,
    /** Reads give what was written, as far as the register has the bits. */
    RW
}
