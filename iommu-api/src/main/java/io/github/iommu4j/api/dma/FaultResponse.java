package io.github.iommu4j.api.dma;

/** What the device sees of an access that did not translate. */
public enum FaultResponse {
    /** An error response: an external abort on an Arm bus, Unsupported Request or Completer Abort on PCIe. */
    ABORT,
    /** The access completes: a read returns zeros, a write is dropped. */
    RAZ_WI,
    /**
     * Nothing yet: the access waits until software resumes or terminates it. {@link Endpoints#resume} tells the device.
     */
    STALL,
    /** What an ATS Translation Request gets that may not be made: a completion with status Unsupported Request. */
    UNSUPPORTED_REQUEST,
    /** What an ATS Translation Request gets that could not be answered: a completion with status Completer Abort. */
    COMPLETER_ABORT;

    private static final FaultResponse[] ALL = values();

    /** The response with an ordinal below 8, without allocating. */
    static FaultResponse at(int ordinal) {
        return ordinal < ALL.length ? ALL[ordinal] : ABORT;
    }
}
