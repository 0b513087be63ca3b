package io.github.iommu4j.vtd.driver;

/** The driver's options ({@code intel_iommu=} and what belongs to it). */
public enum VtdOption {
    /** Scalable mode is not used ({@code sm_off}). */
    SCALABLE_MODE_OFF,
    /** Only leaves of 4 KiB are used ({@code sp_off}). */
    SUPERPAGES_OFF,
    /** Interrupts are not remapped ({@code intremap=off}). */
    INTERRUPT_REMAPPING_OFF,
    /** Graphics is not translated ({@code igfx_off}). */
    GRAPHICS_OFF,
    /** The machine's firmware breaks its Azalia audio, which is not translated then. */
    AZALIA_BROKEN
}
