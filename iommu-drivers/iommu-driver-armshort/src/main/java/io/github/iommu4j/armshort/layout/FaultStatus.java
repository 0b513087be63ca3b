package io.github.iommu4j.armshort.layout;

import java.util.Optional;

/**
 * The causes of aborts as DFSR and IFSR give them in the short-descriptor format (Arm DDI 0406C B3.13.3). "Section" in
 * the architecture's names is level 1, "page" is level 2.
 */
public enum FaultStatus {
    /** The address is not aligned. */
    ALIGNMENT(0x01),
    /** A debug event. */
    DEBUG(0x02),
    /** The access flag of a section is 0. */
    ACCESS_FLAG_L1(0x03),
    /** Maintenance of an instruction cache. */
    INSTRUCTION_CACHE_MAINTENANCE(0x04),
    /** No section and no table. */
    TRANSLATION_L1(0x05),
    /** The access flag of a page is 0. */
    ACCESS_FLAG_L2(0x06),
    /** No page. */
    TRANSLATION_L2(0x07),
    /** The access itself was answered with an error. */
    EXTERNAL_ABORT(0x08),
    /** A section's domain gives no access. */
    DOMAIN_L1(0x09),
    /** A page's domain gives no access. */
    DOMAIN_L2(0x0B),
    /** Reading a level-1 descriptor was answered with an error. */
    EXTERNAL_ABORT_ON_WALK_L1(0x0C),
    /** A section does not permit the access. */
    PERMISSION_L1(0x0D),
    /** Reading a level-2 descriptor was answered with an error. */
    EXTERNAL_ABORT_ON_WALK_L2(0x0E),
    /** A page does not permit the access. */
    PERMISSION_L2(0x0F),
    /** Two TLB entries match. */
    TLB_CONFLICT(0x10),
    /** Lockdown. */
    LOCKDOWN(0x14),
    /** An exclusive access that is not supported. */
    UNSUPPORTED_EXCLUSIVE(0x15),
    /** An earlier write was answered with an error. */
    ASYNCHRONOUS_EXTERNAL_ABORT(0x16),
    /** An earlier access found a parity error. */
    ASYNCHRONOUS_PARITY(0x18),
    /** The access itself found a parity error. */
    PARITY(0x19),
    /** Reading a level-1 descriptor found a parity error. */
    PARITY_ON_WALK_L1(0x1C),
    /** Reading a level-2 descriptor found a parity error. */
    PARITY_ON_WALK_L2(0x1E);

    private static final FaultStatus[] BY_CODE = new FaultStatus[32];

    static {
        for (FaultStatus status : values()) {
            BY_CODE[status.code] = status;
        }
    }

    private final int code;

    FaultStatus(int code) {
        this.code = code;
    }

    /**
     * The five status bits, FS[4:0].
     *
     * @return 1 to 0x1E
     */
    public int code() {
        return code;
    }

    /**
     * The status of a code.
     *
     * @param code FS[4:0]
     * @return the status; empty for a reserved code or a number of more bits
     */
    public static Optional<FaultStatus> of(int code) {
        return code >>> 5 == 0 ? Optional.ofNullable(BY_CODE[code]) : Optional.empty();
    }

    /**
     * Whether DFSR's domain field means something with this status (B3.13.3): not for alignment and the level-1 walk
     * aborts and translation faults, for which no domain is known.
     *
     * @return {@code true} when the domain of the level-1 descriptor is reported
     */
    public boolean hasDomain() {
        return switch (this) {
            case ACCESS_FLAG_L1,
                    ACCESS_FLAG_L2,
                    TRANSLATION_L2,
                    DOMAIN_L1,
                    DOMAIN_L2,
                    PERMISSION_L1,
                    PERMISSION_L2,
                    EXTERNAL_ABORT_ON_WALK_L2,
                    PARITY_ON_WALK_L2 -> true;
            default -> false;
        };
    }
}
