package io.github.iommu4j.smmuv3.layout;

/** Why command consumption stopped: the codes of CMDQ_CONS.ERR (IHI 0070 §7.1). */
public enum CommandError {
    /** No error; never reported. */
    CERROR_NONE(0),
    /** The command cannot be executed. */
    CERROR_ILL(1),
    /** External abort reading the command. */
    CERROR_ABT(2),
    /** A CMD_SYNC that waits for a CMD_ATC_INV that timed out. */
    CERROR_ATC_INV_SYNC(3);

    private final int code;

    CommandError(int code) {
        this.code = code;
    }

    /**
     * The code in CMDQ_CONS.ERR.
     *
     * @return 0 to 3
     */
    public int code() {
        return code;
    }
}
