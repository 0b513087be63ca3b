package io.github.iommu4j.armshort.driver;

/** How a part's M4U differs from others', as the kernel's table of parts says it. */
public enum M4uFlag {
    /** The machine may be in 4 GiB mode. */
    HAS_4GB_MODE,
    /** The M4U has a clock of its own. */
    HAS_BCLK,
    /** VLD_PA_RNG must be set in 4 GiB mode. */
    HAS_VLD_PA_RNG,
    /** The register at 0x48 is STANDARD_AXI_MODE and is cleared as a whole. */
    RESET_AXI,
    /** MISC_CTRL: the standard AXI bits stay. */
    STD_AXI_MODE,
    /** MISC_CTRL: writes may come out of order. */
    OUT_ORDER_WR_EN,
    /** WR_LEN_CTRL: writes are throttled. */
    WR_THROT_EN,
    /** DCM_DIS: clocks are never gated. */
    DCM_DISABLE,
    /** Tables may lie above 4 GiB. */
    PGTABLE_PA_35_EN,
    /** Addresses have 34 bits. */
    IOVA_34_EN,
    /** All instances of the part share one table. */
    SHARE_PGTABLE
}
