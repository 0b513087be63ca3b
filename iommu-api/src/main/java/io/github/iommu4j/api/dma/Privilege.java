package io.github.iommu4j.api.dma;

/** The privilege a device claims for an access (PnU of an SMMU stream, the PCIe Privileged Mode Requested bit). */
public enum Privilege {
    /** User access. What a PCIe request without a PASID prefix is. */
    UNPRIVILEGED,
    /** Supervisor access. */
    PRIVILEGED
}
