package io.github.iommu4j.api.fault;

import io.github.iommu4j.api.dma.TranslationUnit;

/**
 * The answer to a group of page requests (Linux {@code struct iommu_page_response}, version 1). Immutable.
 *
 * @param pasid the PASID, or {@link TranslationUnit#NO_SUBSTREAM} when the answer carries none
 * @param groupId which group is answered
 * @param code the answer
 */
public record PageResponse(int pasid, int groupId, Code code) {

    /** The answers there are; the ordinal is the number user space writes. */
    public enum Code {
        /** The pages are there: the device tries again. */
        SUCCESS,
        /** The pages cannot be had: the device gives the access up. */
        INVALID,
        /** General failure: further requests of the device are dropped where hardware can. */
        FAILURE
    }

    /**
     * Whether there is a PASID.
     *
     * @return {@code PASID_VALID}
     */
    public boolean hasPasid() {
        return pasid != TranslationUnit.NO_SUBSTREAM;
    }
}
