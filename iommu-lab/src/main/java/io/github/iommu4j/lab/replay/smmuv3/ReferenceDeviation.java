package io.github.iommu4j.lab.replay.smmuv3;

import io.github.iommu4j.lab.verdict.Departure;

/**
 * Where the reference machine (QEMU 7.2 and 10.0) is known to depart from the specification. A difference that no rule
 * here explains is a difference.
 *
 * <p>The first group concerns fields of an event record ({@link RecordRules}), the second the answer itself ({@link
 * VerdictRules}), the last what comes with the capture besides: the permission the reference logs, and the answers of an
 * independent walker ({@link WalkerRules}). Rules speak of the reference machine's ways,
 * never of a capture, a stream or an address.
 */
public enum ReferenceDeviation implements Departure {
    /** A fault on the input address is recorded with CLASS 0 (CD) instead of IN. */
    INPUT_CLASS_IS_ZERO("IHI 0070 §7.3.13"),
    /** The IPA field keeps the low 12 bits, which are RES0. */
    IPA_KEEPS_PAGE_OFFSET("IHI 0070 §7.3.13"),
    /** A stage-2 fault on the address of a stage-1 table is recorded with S2=0. */
    TABLE_FAULT_WITHOUT_S2("IHI 0070 §7.3.13"),
    /** A stage-2 fault on a stage-1 table is recorded with the IPA of the table instead of that of the descriptor. */
    IPA_OF_TABLE_BASE("IHI 0070 §7.3.13"),
    /** A fault on the fetch of a structure is recorded as a read, whatever the device's access was. */
    STRUCTURE_FETCH_RECORDED_AS_READ("IHI 0070 §7.3.13"),
    /** F_CD_FETCH and F_STE_FETCH have FetchAddr in dw2, where other records have InputAddr, instead of in dw3. */
    FETCH_ADDRESS_MISPLACED("IHI 0070 §7.3.4, §7.3.10"),

    /** The access flag is not checked. */
    ACCESS_FLAG_NOT_CHECKED("IHI 0070 §7.3.15; Arm ARM D8.5"),
    /** Output addresses beyond the effective IPS or OAS are let through. */
    OUTPUT_SIZE_NOT_CHECKED("IHI 0070 §3.4, §7.3.14"),
    /** AP[1]=0, or APTable[0]=1, does not keep unprivileged accesses out. */
    PRIVILEGE_NOT_CHECKED("IHI 0070 §13.4.1; Arm ARM D8.4"),
    /** An access that hits a cached translation is not refused, or not recorded, for want of a permission. */
    PERMISSION_NOT_CHECKED_ON_HIT("IHI 0070 §7.3.16"),
    /** CD.EPD0 or EPD1 does not disable the walk. */
    WALK_DISABLE_IGNORED("IHI 0070 §5.4 (EPDx)"),
    /** A block descriptor is taken at a level where the granule has none. */
    BLOCK_AT_FORBIDDEN_LEVEL("Arm ARM D8.3"),
    /** A translation that is no longer in the tables is used from a cache, which is allowed until it is invalidated. */
    TRANSLATION_OUTLIVES_MAPPING("IHI 0070 §3.17"),
    /** STE.S1CDMax is checked although IDR1.SSIDSIZE=0 makes it IGNORED. */
    S1CDMAX_CHECKED_WITHOUT_SUBSTREAMS("IHI 0070 §5.2 (S1CDMax)"),
    /** A level-2 stream table is taken to have 2^Span entries instead of 2^(Span-1), and C_BAD_STE given beyond. */
    SPAN_TOO_LARGE("IHI 0070 §5.1.1, §7.3.3"),
    /** Another answer than the specification's, which an independent reading of the specification confirms. */
    OTHER_VERDICT("the capture's walker_verdict"),

    /** The independent walker does not check an input address against IAS where stage 1 does not translate. */
    INPUT_SIZE_NOT_CHECKED("IHI 0070 §3.4"),
    /** The permission logged is that of the stage-1 leaf descriptor alone, without APTable and stage 2. */
    PERMISSION_OF_STAGE_1_LEAF("Arm ARM D8.4; IHI 0070 §3.3.2");

    private final String section;

    ReferenceDeviation(String section) {
        this.section = section;
    }

    @Override
    public String section() {
        return section;
    }
}
