package io.github.iommu4j.vtd.hardware;

/**
 * Where the untranslated requests of a source-id and PASID go, once context and PASID entry were found to let them: context
 * cache and PASID cache in one look. Immutable.
 *
 * @param who source-id and PASID, as {@link Routes#who} packs them
 * @param stamp the structures' epoch before they were looked at
 * @param control the registers it was found under
 * @param space where requests go; no fault
 * @param pasid the PASID used, that of a context's RID_PASID for requests without one; {@link #LEGACY} in legacy mode
 * @param privilege {@link FirstStage#SUPERVISOR} or 0 for every request, or {@link #AS_ASKED}
 */
record Route(long who, long stamp, ControlState control, AddressSpace space, int pasid, int privilege) {

    /** There are no PASIDs. */
    static final int LEGACY = -1;

    /** Requests with PASID say which privilege they have. */
    static final int AS_ASKED = -1;

    boolean isLegacy() {
        return pasid == LEGACY;
    }
}
