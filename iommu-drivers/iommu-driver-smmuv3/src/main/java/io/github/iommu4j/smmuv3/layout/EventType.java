package io.github.iommu4j.smmuv3.layout;

import java.util.Optional;

/** The event records of IHI 0070 §7.3, by number. */
public enum EventType {
    /** Unsupported upstream transaction. */
    F_UUT(0x01),
    /** StreamID outside the stream table. */
    C_BAD_STREAMID(0x02),
    /** External abort reading an STE or L1STD. */
    F_STE_FETCH(0x03),
    /** Invalid STE. */
    C_BAD_STE(0x04),
    /** ATS Translation Request not allowed. */
    F_BAD_ATS_TREQ(0x05),
    /** Transaction without a substream that the STE forbids. */
    F_STREAM_DISABLED(0x06),
    /** ATS Translated transaction not allowed. */
    F_TRANSL_FORBIDDEN(0x07),
    /** SubstreamID given where there is none, or outside the CD table. */
    C_BAD_SUBSTREAMID(0x08),
    /** External abort reading a CD or L1CD. */
    F_CD_FETCH(0x09),
    /** Invalid CD. */
    C_BAD_CD(0x0A),
    /** External abort reading a translation table descriptor. */
    F_WALK_EABT(0x0B),
    /** No translation. */
    F_TRANSLATION(0x10),
    /** Address larger than its size limit. */
    F_ADDR_SIZE(0x11),
    /** Access flag clear. */
    F_ACCESS(0x12),
    /** Access not permitted. */
    F_PERMISSION(0x13),
    /** Contradicting TLB entries. */
    F_TLB_CONFLICT(0x20),
    /** Contradicting configuration cache entries. */
    F_CFG_CONFLICT(0x21),
    /** Speculative page request of a client device. */
    E_PAGE_REQUEST(0x24),
    /** External abort reading a VMS. */
    F_VMS_FETCH(0x25);

    private static final EventType[] BY_NUMBER = new EventType[0x26];

    static {
        for (EventType type : values()) {
            BY_NUMBER[type.number] = type;
        }
    }

    private final int number;

    EventType(int number) {
        this.number = number;
    }

    /**
     * The event number, as it stands in bits [7:0] of a record.
     *
     * @return 0x01 to 0x25
     */
    public int number() {
        return number;
    }

    /**
     * Whether the SMMU can stall the transaction: only the four translation-related faults.
     *
     * @return {@code true} for 0x10 to 0x13
     */
    public boolean canStall() {
        return number >= F_TRANSLATION.number && number <= F_PERMISSION.number;
    }

    /**
     * The event of a number.
     *
     * @param number an event number
     * @return the event; empty for a reserved or implementation defined number
     */
    public static Optional<EventType> of(int number) {
        return number >= 0 && number < BY_NUMBER.length ? Optional.ofNullable(BY_NUMBER[number]) : Optional.empty();
    }
}
