package io.github.iommu4j.lab.capture;

/** The hardware a capture was taken from. */
public enum Family {
    /** Arm SMMUv3. */
    SMMUV3("smmuv3"),
    /** Intel VT-d. */
    VTD("vtd"),
    /** AMD-Vi. */
    AMDVI("amdvi"),
    /** None that is known. */
    UNKNOWN("this machine");

    private final String label;

    Family(String label) {
        this.label = label;
    }

    /**
     * The family's short name.
     *
     * @return lower case
     */
    public String label() {
        return label;
    }

    /**
     * The family a directory name speaks of, for captures whose files do not tell.
     *
     * @param name such as {@code vtd-01-legacy39-strict}
     * @return the family, {@link #UNKNOWN} when the name does not say
     */
    static Family ofName(String name) {
        if (name.startsWith("vtd-")) {
            return VTD;
        }
        if (name.startsWith("amdvi-")) {
            return AMDVI;
        }
        return name.startsWith("smmu-") ? SMMUV3 : UNKNOWN;
    }
}
