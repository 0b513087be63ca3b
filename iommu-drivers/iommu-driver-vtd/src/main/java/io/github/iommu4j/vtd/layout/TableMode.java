package io.github.iommu4j.vtd.layout;

/** How remapping tables are read: RTADDR_REG.TTM, bits 11:10 (Intel VT-d §11.4.5). Constants are in the order of the code. */
public enum TableMode {
    /** 00b: root and context entries of 16 bytes. */
    LEGACY,
    /** 01b: scalable mode, with PASID tables; needs ECAP.SMTS. */
    SCALABLE,
    /** 10b: reserved; every request faults. */
    RESERVED,
    /** 11b: every DMA request is aborted and nothing is logged; needs ECAP.ADMS. */
    ABORT;

    private static final TableMode[] BY_CODE = values();

    /**
     * The mode of a value of RTADDR_REG.
     *
     * @param rtaddr the register
     * @return the mode that bits 11:10 name
     */
    public static TableMode of(long rtaddr) {
        return BY_CODE[(int) (rtaddr >>> 10) & 3];
    }
}
