package io.github.iommu4j.vtd.layout;

import java.util.Optional;

/**
 * The descriptors of the invalidation queue (Intel VT-d §6.5.2), with the bits that are reserved in every unit. The third and
 * fourth words of a descriptor of 256 bits are reserved but for private data of a page group response. Immutable.
 */
public enum InvalidationType {
    /** Context entries. */
    CONTEXT_CACHE(1, 0xFFFC_0000_0000_F1C0L, -1L),
    /** Translations of a domain. */
    IOTLB(2, 0xFFFF_FFFF_0000_F100L, 0xF80L),
    /** Translations that a device holds of requests without PASID. */
    DEVICE_TLB(3, 0x000F_0000_FFE0_01F0L, 0xFFEL),
    /** Interrupt entries. */
    INTERRUPT_ENTRY_CACHE(4, 0xFFFF_0000_07FF_F1E0L, -1L),
    /** A signal that everything before it has completed. */
    WAIT(5, 0xFFFF_F100L, 3L),
    /** Translations of a domain and PASID. */
    PASID_IOTLB(6, 0xFFF0_0000_0000_F1C0L, 0xF80L),
    /** PASID directory and table entries. */
    PASID_CACHE(7, 0xFFF0_0000_0000_F1C0L, -1L),
    /** Translations that a device holds of a PASID. */
    PASID_DEVICE_TLB(8, 0L, 0x7FEL),
    /** The answer to a group of page requests. */
    PAGE_GROUP_RESPONSE(9, 0xFFF0_0000_0000_01C0L, 0xFFFF_FFFF_FFFF_F003L);

    private static final InvalidationType[] ALL = values();

    private final int code;
    private final long reserved0;
    private final long reserved1;

    InvalidationType(int code, long reserved0, long reserved1) {
        this.code = code;
        this.reserved0 = reserved0;
        this.reserved1 = reserved1;
    }

    /**
     * The type of a code.
     *
     * @param code 7 bits: bits 11:9 of the first word above bits 3:0
     * @return empty for a reserved code
     */
    public static Optional<InvalidationType> of(int code) {
        return code < 1 || code > ALL.length ? Optional.empty() : Optional.of(ALL[code - 1]);
    }

    /**
     * The code.
     *
     * @return 1 to 9
     */
    public int code() {
        return code;
    }

    /**
     * Reserved bits of the first word, type bits not among them.
     *
     * @return a mask
     */
    public long reserved0() {
        return reserved0;
    }

    /**
     * Reserved bits of the second word.
     *
     * @return a mask
     */
    public long reserved1() {
        return reserved1;
    }

    /**
     * Whether the descriptor exists with 256 bits only.
     *
     * @return whether IQA_REG.DW must be 1
     */
    public boolean isWideOnly() {
        return code >= PASID_IOTLB.code;
    }
}
