package io.github.iommu4j.smmuv3.driver;

/** Options of the driver: module parameters, the kernel's command line, and what firmware says of a broken unit. */
public enum SmmuOption {
    /**
     * Devices without a domain pass ({@code arm-smmu-v3.disable_bypass=0}, up to 6.1): stream table entries begin as bypass,
     * a detached device passes, and so does everything while the unit is off.
     */
    DETACHED_DEVICES_BYPASS,
    /** CMD_SYNC is never waited for in memory ({@code arm-smmu-v3.disable_msipolling=1}). */
    MSI_POLLING_OFF,
    /** Paging domains are second-stage ones where the unit has both stages, as those of a nesting user are. */
    PREFER_STAGE_2,
    /** The kernel runs at EL2 with virtualization host extensions: its stage-1 domains are of EL2-E2H. */
    HOST_AT_EL2,
    /** Devices cache no translations ({@code pci=noats}). */
    ATS_OFF,
    /** Firmware: the unit has no register page 1 ({@code cavium,cn9900-broken-page1-regspace}). */
    PAGE0_REGISTERS_ONLY,
    /** Firmware: CMD_PREFETCH_CONFIG does not work ({@code hisilicon,broken-prefetch-cmd}). */
    SKIP_PREFETCH,
    /** Firmware: walks and queues are not coherent, whatever IDR0.COHACC says (no {@code dma-coherent}). */
    NOT_COHERENT,
    /** The platform does not isolate interrupt messages of devices from each other. */
    MSIS_NOT_ISOLATED
}
