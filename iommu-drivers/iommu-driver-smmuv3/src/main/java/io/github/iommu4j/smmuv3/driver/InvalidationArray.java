package io.github.iommu4j.smmuv3.driver;

/**
 * What has to be invalidated when a domain's mappings change, sorted, each with the number of its users (Linux {@code
 * arm_smmu_invs}, 7.x). Readers run through it while others make the next one; only {@link #unref} changes it, under the
 * domain's lock.
 */
final class InvalidationArray {

    /** What kind of thing is invalidated, in the order in which they are: endpoints' caches come after the unit's. */
    enum Kind {
        /** Stage-1 entries of an ASID. */
        S1_ASID,
        /** Stage-2 entries of a VMID. */
        S2_VMID,
        /** A VMID's stage-1 entries, of nested streams. */
        S2_VMID_S1_CLEAR,
        /** What an endpoint caches, of a range. */
        ATS,
        /** All that an endpoint caches. */
        ATS_FULL
    }

    /**
     * One thing to invalidate.
     *
     * @param unit number of the SMMU
     * @param kind what
     * @param id ASID, VMID or StreamID
     * @param substreamId of an endpoint's cache, else 0
     */
    record Target(int unit, Kind kind, int id, int substreamId) {}
}
