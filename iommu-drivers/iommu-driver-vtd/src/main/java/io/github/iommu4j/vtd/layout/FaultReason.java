package io.github.iommu4j.vtd.layout;

import java.util.Optional;

/**
 * Why a request was blocked: FRCD_REG.FR (Intel VT-d §7.1). Constants are the specification's labels: L for legacy mode, S
 * for scalable mode; RT root, CT context, PD PASID directory, PT PASID table, FS and SS first and second stage, GN
 * general. Interrupt remapping has no labels, only numbers.
 *
 * <p>A <em>qualified</em> fault is not recorded where FPD is set in a structure that was read for the request.
 */
public enum FaultReason {
    /** P=0 in the root entry. */
    LRT_2(0x01, Reporting.ALWAYS, "P=0 in the root entry"),
    /** P=0 in the context entry. */
    LCT_2(0x02, Reporting.QUALIFIED, "P=0 in the context entry"),
    /** Invalid context entry, or the table it points to cannot be read. */
    LCT_4(0x03, Reporting.QUALIFIED, "invalid context entry, or the table it points to cannot be read"),
    /** The address is beyond what the entry, the unit or the host allows. */
    LGN_1(0x04, Reporting.QUALIFIED, "the address is beyond what the entry, the unit or the host allows"),
    /** Write or AtomicOp without write permission. */
    LGN_2(0x05, Reporting.QUALIFIED, "write or AtomicOp without write permission"),
    /** Read or AtomicOp without read permission. */
    LGN_3(0x06, Reporting.QUALIFIED, "read or AtomicOp without read permission"),
    /** A lower second-stage table cannot be read. */
    LSS_1(0x07, Reporting.QUALIFIED, "a lower second-stage table cannot be read"),
    /** The root entry cannot be read. */
    LRT_1(0x08, Reporting.ALWAYS, "the root entry cannot be read"),
    /** The context entry cannot be read. */
    LCT_1(0x09, Reporting.ALWAYS, "the context entry cannot be read"),
    /** Reserved bits in the root entry. */
    LRT_3(0x0A, Reporting.ALWAYS, "reserved bits in the root entry"),
    /** Reserved bits in the context entry. */
    LCT_3(0x0B, Reporting.QUALIFIED, "reserved bits in the context entry"),
    /** Reserved bits in a second-stage entry. */
    LSS_2(0x0C, Reporting.QUALIFIED, "reserved bits in a second-stage entry"),
    /** TT blocks translation and translated requests. */
    LCT_5(0x0D, Reporting.QUALIFIED, "TT blocks translation and translated requests"),
    /** The output is in the interrupt range. */
    LGN_4(0x0E, Reporting.QUALIFIED, "the output is in the interrupt range"),
    /** Reserved bits in a remappable interrupt request. */
    IR_20(0x20, Reporting.ALWAYS, "reserved bits in a remappable interrupt request"),
    /** Interrupt_index beyond the table. */
    IR_21(0x21, Reporting.ALWAYS, "interrupt_index beyond the table"),
    /** P=0 in the interrupt entry. */
    IR_22(0x22, Reporting.QUALIFIED, "P=0 in the interrupt entry"),
    /** The interrupt entry cannot be read. */
    IR_23(0x23, Reporting.ALWAYS, "the interrupt entry cannot be read"),
    /** Reserved bits in the interrupt entry. */
    IR_24(0x24, Reporting.QUALIFIED, "reserved bits in the interrupt entry"),
    /** An interrupt request in compatibility format is blocked. */
    IR_25(0x25, Reporting.ALWAYS, "an interrupt request in compatibility format is blocked"),
    /** The interrupt entry does not accept the source-id. */
    IR_26(0x26, Reporting.QUALIFIED, "the interrupt entry does not accept the source-id"),
    /** The posted-interrupt descriptor cannot be read or written. */
    IR_27(0x27, Reporting.QUALIFIED, "the posted-interrupt descriptor cannot be read or written"),
    /** Reserved bits in the posted-interrupt descriptor. */
    IR_28(0x28, Reporting.QUALIFIED, "reserved bits in the posted-interrupt descriptor"),
    /** A malformed interrupt write. */
    IR_29(0x29, Reporting.ALWAYS, "a malformed interrupt write"),
    /** RTADDR_REG.TTM is reserved or not supported. */
    RTA_1(0x30, Reporting.ALWAYS, "RTADDR_REG.TTM is reserved or not supported"),
    /** A request with PASID in legacy mode. */
    RTA_2(0x31, Reporting.ALWAYS, "a request with PASID in legacy mode"),
    /** A page request in legacy mode. */
    RTA_3(0x32, Reporting.ALWAYS, "a page request in legacy mode"),
    /** Defined since 2021 without a published condition. */
    RTA_4(0x33, Reporting.ALWAYS, "defined since 2021 without a published condition"),
    /** The scalable-mode root entry cannot be read. */
    SRT_1(0x38, Reporting.ALWAYS, "the scalable-mode root entry cannot be read"),
    /** LP=0 or UP=0 in the root entry. */
    SRT_2(0x39, Reporting.ALWAYS, "LP=0 or UP=0 in the root entry"),
    /** Reserved bits in the scalable-mode root entry. */
    SRT_3(0x3A, Reporting.ALWAYS, "reserved bits in the scalable-mode root entry"),
    /** The scalable-mode context entry cannot be read. */
    SCT_1(0x40, Reporting.ALWAYS, "the scalable-mode context entry cannot be read"),
    /** P=0 in the scalable-mode context entry. */
    SCT_2(0x41, Reporting.QUALIFIED, "P=0 in the scalable-mode context entry"),
    /** Reserved bits in the scalable-mode context entry. */
    SCT_3(0x42, Reporting.QUALIFIED, "reserved bits in the scalable-mode context entry"),
    /** Invalid scalable-mode context entry. */
    SCT_4(0x43, Reporting.QUALIFIED, "invalid scalable-mode context entry"),
    /** DTE=0 blocks translation and translated requests. */
    SCT_5(0x44, Reporting.QUALIFIED, "DTE=0 blocks translation and translated requests"),
    /** PASIDE=0 blocks requests with PASID. */
    SCT_6(0x45, Reporting.QUALIFIED, "PASIDE=0 blocks requests with PASID"),
    /** The PASID is beyond the directory. */
    SCT_7(0x46, Reporting.QUALIFIED, "the PASID is beyond the directory"),
    /** PRE=0 blocks page requests. */
    SCT_8(0x47, Reporting.QUALIFIED, "PRE=0 blocks page requests"),
    /** RID_PASID is beyond the directory. */
    SCT_9(0x48, Reporting.QUALIFIED, "RID_PASID is beyond the directory"),
    /** The PASID directory entry cannot be read. */
    SPD_1(0x50, Reporting.ALWAYS, "the PASID directory entry cannot be read"),
    /** P=0 in the PASID directory entry. */
    SPD_2(0x51, Reporting.QUALIFIED, "P=0 in the PASID directory entry"),
    /** Reserved bits in the PASID directory entry. */
    SPD_3(0x52, Reporting.QUALIFIED, "reserved bits in the PASID directory entry"),
    /** The PASID table entry cannot be read. */
    SPT_1(0x58, Reporting.ALWAYS, "the PASID table entry cannot be read"),
    /** P=0 in the PASID table entry. */
    SPT_2(0x59, Reporting.QUALIFIED, "P=0 in the PASID table entry"),
    /** Reserved bits in the PASID table entry. */
    SPT_3(0x5A, Reporting.QUALIFIED, "reserved bits in the PASID table entry"),
    /** Invalid PASID table entry. */
    SPT_4(0x5B, Reporting.QUALIFIED, "invalid PASID table entry"),
    /** ERE=0 blocks requests to execute. */
    SPT_5(0x5C, Reporting.QUALIFIED, "ERE=0 blocks requests to execute"),
    /** SRE=0 blocks supervisor requests. */
    SPT_6(0x5D, Reporting.QUALIFIED, "SRE=0 blocks supervisor requests"),
    /** A lower first-stage table cannot be read. */
    SFS_1(0x70, Reporting.QUALIFIED, "a lower first-stage table cannot be read"),
    /** P=0 in a first-stage entry. */
    SFS_2(0x71, Reporting.QUALIFIED, "P=0 in a first-stage entry"),
    /** Reserved bits in a first-stage entry. */
    SFS_3(0x72, Reporting.QUALIFIED, "reserved bits in a first-stage entry"),
    /** The top first-stage table cannot be read. */
    SFS_4(0x73, Reporting.QUALIFIED, "the top first-stage table cannot be read"),
    /** The address of a first-stage table is beyond the second stage. */
    SFS_5(0x74, Reporting.QUALIFIED, "the address of a first-stage table is beyond the second stage"),
    /** The second stage does not let the top first-stage table be read. */
    SFS_6(0x75, Reporting.QUALIFIED, "the second stage does not let the top first-stage table be read"),
    /** The second stage does not let a lower first-stage table be read. */
    SFS_7(0x76, Reporting.QUALIFIED, "the second stage does not let a lower first-stage table be read"),
    /** The second stage does not let a first-stage entry be updated. */
    SFS_8(0x77, Reporting.QUALIFIED, "the second stage does not let a first-stage entry be updated"),
    /** A lower second-stage table cannot be read. */
    SSS_1(0x78, Reporting.QUALIFIED, "a lower second-stage table cannot be read"),
    /** A second-stage entry grants nothing. */
    SSS_2(0x79, Reporting.QUALIFIED, "a second-stage entry grants nothing"),
    /** Reserved bits in a second-stage entry. */
    SSS_3(0x7A, Reporting.QUALIFIED, "reserved bits in a second-stage entry"),
    /** The top second-stage table cannot be read. */
    SSS_4(0x7B, Reporting.QUALIFIED, "the top second-stage table cannot be read"),
    /** A or D of a second-stage entry must be set and the walk is not snooped. */
    SSS_5(0x7C, Reporting.QUALIFIED, "A or D of a second-stage entry must be set and the walk is not snooped"),
    /** A or D of a second-stage entry cannot be written. */
    SSS_6(0x7D, Reporting.QUALIFIED, "A or D of a second-stage entry cannot be written"),
    /** The address is not canonical. */
    SGN_1(0x80, Reporting.QUALIFIED, "the address is not canonical"),
    /** A user request to a supervisor page. */
    SGN_2(0x81, Reporting.QUALIFIED, "a user request to a supervisor page"),
    /** The page is not executable. */
    SGN_3(0x82, Reporting.QUALIFIED, "the page is not executable"),
    /** The address is beyond the host's width. */
    SGN_4(0x83, Reporting.QUALIFIED, "the address is beyond the host's width"),
    /** The address is beyond the second stage. */
    SGN_5(0x84, Reporting.QUALIFIED, "the address is beyond the second stage"),
    /** Write or AtomicOp without write permission. */
    SGN_6(0x85, Reporting.QUALIFIED, "write or AtomicOp without write permission"),
    /** Read or AtomicOp without read permission. */
    SGN_7(0x86, Reporting.QUALIFIED, "read or AtomicOp without read permission"),
    /** The interrupt range. */
    SGN_8(0x87, Reporting.QUALIFIED, "the interrupt range"),
    /** Defined since 2021 without a published condition. */
    SGN_9(0x88, Reporting.QUALIFIED, "defined since 2021 without a published condition"),
    /** Defined since 2021 without a published condition. */
    SGN_10(0x89, Reporting.QUALIFIED, "defined since 2021 without a published condition"),
    /** A, D or EA of a first-stage entry must be set and the walk is not snooped. */
    SFS_9(0x90, Reporting.QUALIFIED, "A, D or EA of a first-stage entry must be set and the walk is not snooped"),
    /** A, D or EA of a first-stage entry cannot be written. */
    SFS_10(0x91, Reporting.QUALIFIED, "A, D or EA of a first-stage entry cannot be written");

    /** When a fault is recorded. */
    private enum Reporting {
        ALWAYS,
        QUALIFIED
    }

    private static final FaultReason[] BY_CODE = new FaultReason[0x100];

    static {
        for (FaultReason reason : values()) {
            BY_CODE[reason.code] = reason;
        }
    }

    private final int code;
    private final Reporting reporting;
    private final String condition;

    FaultReason(int code, Reporting reporting, String condition) {
        this.code = code;
        this.reporting = reporting;
        this.condition = condition;
    }

    /**
     * The reason of a code.
     *
     * @param code FRCD_REG.FR
     * @return the reason, empty for a code that is not defined
     */
    public static Optional<FaultReason> of(int code) {
        return code < 0 || code >= BY_CODE.length ? Optional.empty() : Optional.ofNullable(BY_CODE[code]);
    }

    /**
     * The code.
     *
     * @return FRCD_REG.FR, 8 bits
     */
    public int code() {
        return code;
    }

    /**
     * Whether FPD suppresses the record.
     *
     * @return {@code false} when it is recorded whatever FPD says
     */
    public boolean isQualified() {
        return reporting == Reporting.QUALIFIED;
    }

    /**
     * The specification's label.
     *
     * @return such as {@code LRT.2}
     */
    public String label() {
        return name().replace('_', '.');
    }

    /**
     * The condition in a few words.
     *
     * @return text without a full stop
     */
    public String condition() {
        return condition;
    }
}
