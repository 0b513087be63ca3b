package io.github.iommu4j.api.dma;

/** What the device sees of an access that did not translate. */
public enum FaultResponse {
    /** An error response: an external abort on an Arm bus, Unsupported Request or Completer Abort on PCIe. */
    ABORT,
    /** The access completes: a read returns zeros, a write is dropped. */
    RAZ_WI
}
