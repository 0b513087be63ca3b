package io.github.iommu4j.vtd.driver;

/**
 * Where requests are to go, as context and PASID entries say it.
 *
 * @param kind what translates
 * @param root the highest table; 0 without one
 * @param widthCode its width (AW)
 * @param did the domain id
 */
record Target(Kind kind, long root, int widthCode, int did) {

    /** What translates. */
    enum Kind {
        FIRST_STAGE,
        SECOND_STAGE,
        PASS_THROUGH
    }

    static Target passThrough(UnitCapabilities capabilities) {
        return new Target(Kind.PASS_THROUGH, 0, capabilities.largestWidthCode(), DomainIds.PASS_THROUGH);
    }
}
