package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.dma.Privilege;
import io.github.iommu4j.api.dma.TranslationUnit;
import java.util.List;

/**
 * A scatter list for a {@link FakeDevice}. Immutable.
 *
 * @param substreamId PASID of its accesses, or {@link TranslationUnit#NO_SUBSTREAM}
 * @param privilege privilege of its accesses
 * @param onFault what a piece that faults does to the rest
 * @param segments what is done, in order
 */
public record DmaJob(int substreamId, Privilege privilege, OnFault onFault, List<DmaSegment> segments) {

    /** What a piece that faults does to the rest. */
    public enum OnFault {
        /** The transfer ends there. */
        STOP,
        /** The piece reads as zeros and is not written; the rest goes on. */
        SKIP
    }

    /** Keeps a copy of the list. */
    public DmaJob {
        segments = List.copyOf(segments);
    }

    /**
     * An unprivileged job without PASID that stops at a fault.
     *
     * @param segments what is done, in order
     * @return the job
     */
    public static DmaJob of(DmaSegment... segments) {
        return new DmaJob(TranslationUnit.NO_SUBSTREAM, Privilege.UNPRIVILEGED, OnFault.STOP, List.of(segments));
    }

    /**
     * The same job with a PASID.
     *
     * @param pasid 20 bits
     * @return a new job
     */
    public DmaJob withPasid(int pasid) {
        return new DmaJob(pasid, privilege, onFault, segments);
    }

    /**
     * The same job, which goes on behind faults.
     *
     * @return a new job
     */
    public DmaJob skippingFaults() {
        return new DmaJob(substreamId, privilege, OnFault.SKIP, segments);
    }
}
