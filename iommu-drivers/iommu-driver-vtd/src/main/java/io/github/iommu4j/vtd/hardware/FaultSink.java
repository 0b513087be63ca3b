package io.github.iommu4j.vtd.hardware;

/** Where faults go that FPD has not suppressed (Intel VT-d §7.2). Thread-safe. */
interface FaultSink {

    /** {@code attributes} is in the positions of a record's upper word (§11.4.14): T2. */
    long T2 = 1L << 28;
    /** Privileged. */
    long PRIVILEGED = 1L << 29;
    /** Execute. */
    long EXECUTE = 1L << 30;
    /** The address type is in bits 61:60. */
    int ADDRESS_TYPE_SHIFT = 60;
    /** T1; {T1,T2} is 00b write, 01b page request, 10b read, 11b AtomicOp. */
    long T1 = 1L << 62;

    /**
     * Records a fault, if there is room.
     *
     * @param reason the code, 8 bits
     * @param sid the source-id, 16 bits
     * @param pasid the PASID, or {@link io.github.iommu4j.api.dma.TranslationUnit#NO_SUBSTREAM}
     * @param info bits 63:12 of the lower word: the page of a DMA request, or an interrupt index in bits 63:48
     * @param attributes T1, T2, PRIV, EXE and AT as above
     * @return whether a record was written
     */
    boolean report(int reason, int sid, int pasid, long info, long attributes);

    /**
     * Whether {@link #report} would write a record now.
     *
     * @param sid the source-id, 16 bits
     * @return {@code false} where a fault of this source would be collapsed or would overflow
     */
    default boolean wouldReport(int sid) {
        return true;
    }
}
