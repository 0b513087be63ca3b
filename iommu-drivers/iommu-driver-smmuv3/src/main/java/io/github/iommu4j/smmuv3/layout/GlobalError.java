package io.github.iommu4j.smmuv3.layout;

/**
 * The bits of GERROR and GERRORN (IHI 0070 §6.3.19, §7.5). An error is active while its bit differs between the two
 * registers.
 */
public enum GlobalError {
    /** Command consumption has stopped; CMDQ_CONS.ERR says why. */
    CMDQ_ERR(0),
    /** An event record could not be written; none is until this is acknowledged. */
    EVENTQ_ABT_ERR(2),
    /** A page request could not be written; none is until this is acknowledged. */
    PRIQ_ABT_ERR(3),
    /** The MSI of a CMD_SYNC was aborted. */
    MSI_CMDQ_ABT_ERR(4),
    /** The MSI of the event queue was aborted. */
    MSI_EVENTQ_ABT_ERR(5),
    /** The MSI of the PRI queue was aborted. */
    MSI_PRIQ_ABT_ERR(6),
    /** The MSI for global errors was aborted; raises no interrupt itself. */
    MSI_GERROR_ABT_ERR(7),
    /** Service failure mode. */
    SFM_ERR(8);

    private final int bit;

    GlobalError(int bit) {
        this.bit = bit;
    }

    /**
     * The error's bit in place.
     *
     * @return a word with one bit set
     */
    public int mask() {
        return 1 << bit;
    }
}
