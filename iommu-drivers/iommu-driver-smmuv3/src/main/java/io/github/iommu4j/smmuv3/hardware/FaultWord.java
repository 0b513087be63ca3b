package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.smmuv3.layout.EventType;

/**
 * A fault on its way from the walk to its event record, packed so that nothing is allocated.
 *
 * <pre>
 *  63  62  57 56 55  54 53  52 51                      3  2   1      0
 * +---+------+--+------+---+--+-------------------------+---+------+------+
 * | 1 | code |S2|CLASS |InD| 0| IPA or FetchAddr        |PnU|RAZ/WI|SILENT|
 * +---+------+--+------+---+--+-------------------------+---+------+------+
 * </pre>
 *
 * <p>Code is the event number (IHI 0070 §7.3), 0 for an abort that has none. F_STE_FETCH and F_CD_FETCH have no S2 or
 * CLASS: their address uses bits 55:3. The address of a translation fault is a page: in F_PERMISSION bit 3 says that a
 * read was missing and a write was not, and in all four bit 4 says that the access stalls. SILENT: no record is written.
 * A word that is not negative is not a fault.
 */
final class FaultWord {

    static final int ABORT = 0;
    static final int C_BAD_STREAMID = EventType.C_BAD_STREAMID.number();
    static final int F_STE_FETCH = EventType.F_STE_FETCH.number();
    static final int C_BAD_STE = EventType.C_BAD_STE.number();
    static final int F_BAD_ATS_TREQ = EventType.F_BAD_ATS_TREQ.number();
    static final int F_STREAM_DISABLED = EventType.F_STREAM_DISABLED.number();
    static final int F_TRANSL_FORBIDDEN = EventType.F_TRANSL_FORBIDDEN.number();
    static final int C_BAD_SUBSTREAMID = EventType.C_BAD_SUBSTREAMID.number();
    static final int F_CD_FETCH = EventType.F_CD_FETCH.number();
    static final int C_BAD_CD = EventType.C_BAD_CD.number();
    static final int F_WALK_EABT = EventType.F_WALK_EABT.number();
    static final int F_TRANSLATION = EventType.F_TRANSLATION.number();
    static final int F_ADDR_SIZE = EventType.F_ADDR_SIZE.number();
    static final int F_ACCESS = EventType.F_ACCESS.number();
    static final int F_PERMISSION = EventType.F_PERMISSION.number();

    private static final long FAULT = 1L << 63;
    private static final int CODE_SHIFT = 57;
    private static final long STAGE_2 = 1L << 56;
    private static final int CLASS_SHIFT = 54;
    private static final long INSTRUCTION = 1L << 53;
    private static final long WALK_ADDRESS = (1L << 52) - 8;
    private static final long STRUCTURE_ADDRESS = (1L << 56) - 8;
    private static final long PAGE = -1L << 12;
    private static final long STALL = 1L << 4;
    private static final long READ_MISSING = 1L << 3;
    private static final long PRIVILEGED = 1L << 2;
    private static final long RAZ_WI = 1L << 1;
    private static final long SILENT = 1L;

    /** Where a walk failed: stage 1, the access itself (CLASS=IN). */
    static final long STAGE1_INPUT = 2L << CLASS_SHIFT;
    /** Stage 1, fetching a descriptor (CLASS=TT): only for F_WALK_EABT. */
    static final long STAGE1_TABLE = 1L << CLASS_SHIFT;
    /** Stage 2, the address of an L1CD or CD (CLASS=CD). */
    static final long STAGE2_CONTEXT = STAGE_2;
    /** Stage 2, the address of a stage-1 descriptor (CLASS=TT). */
    static final long STAGE2_TABLE = STAGE_2 | 1L << CLASS_SHIFT;
    /** Stage 2, the access itself (CLASS=IN). */
    static final long STAGE2_INPUT = STAGE_2 | 2L << CLASS_SHIFT;

    private FaultWord() {}

    /** A fault that says no more than its event number. */
    static long of(int code) {
        return FAULT | (long) code << CODE_SHIFT;
    }

    /** An abort that is never recorded. */
    static long abort() {
        return FAULT | SILENT;
    }

    /** F_STE_FETCH or F_CD_FETCH of a structure at a physical address. */
    static long ofStructure(int code, long address) {
        return FAULT | (long) code << CODE_SHIFT | address & STRUCTURE_ADDRESS;
    }

    /** One of F_TRANSLATION, F_ADDR_SIZE, F_ACCESS, F_PERMISSION. */
    static long ofWalk(int code, long where, long ipa) {
        return FAULT | (long) code << CODE_SHIFT | where | ipa & WALK_ADDRESS & PAGE;
    }

    /** F_PERMISSION, with what the access needed and was not granted. */
    static long permission(long where, long ipa, int missing) {
        long word = ofWalk(F_PERMISSION, where, ipa);
        return (missing & Permissions.ANY_WRITE) == 0 ? word | READ_MISSING : word;
    }

    /** F_WALK_EABT. */
    static long externalAbort(long where, long address) {
        return FAULT | (long) F_WALK_EABT << CODE_SHIFT | where | address & WALK_ADDRESS;
    }

    static long silenced(long word) {
        return word | SILENT;
    }

    /** The access waits for software; only for a translation fault. */
    static long stalled(long word) {
        return word | STALL;
    }

    /** The same fault, of an access that cannot be made to wait. */
    static long terminated(long word) {
        return word & ~STALL;
    }

    static long razWi(long word) {
        return word | RAZ_WI;
    }

    /** Adds the privilege and kind of an access after the STE's overrides, for the events that show them. */
    static long ofAccess(long word, int access) {
        int code = code(word);
        if (code < F_WALK_EABT) {
            return word;
        }
        return word
                | (Permissions.isPrivileged(access) ? PRIVILEGED : 0)
                | (Permissions.isInstruction(access) ? INSTRUCTION : 0);
    }

    static boolean isFault(long word) {
        return word < 0;
    }

    static int code(long word) {
        return (int) (word >>> CODE_SHIFT) & 0x3F;
    }

    static boolean isStage2(long word) {
        return (word & STAGE_2) != 0;
    }

    static int classOf(long word) {
        return (int) (word >>> CLASS_SHIFT) & 3;
    }

    static boolean isInstruction(long word) {
        return (word & INSTRUCTION) != 0;
    }

    static boolean isPrivileged(long word) {
        return (word & PRIVILEGED) != 0;
    }

    static boolean isReadMissing(long word) {
        return code(word) == F_PERMISSION && (word & READ_MISSING) != 0;
    }

    static boolean isSilent(long word) {
        return (word & SILENT) != 0;
    }

    static boolean isStalled(long word) {
        return isTranslationFault(word) && (word & STALL) != 0;
    }

    static boolean isRazWi(long word) {
        return (word & RAZ_WI) != 0;
    }

    /** The four translation-related faults, which CD.A, CD.R, CD.S, STE.S2R and STE.S2S govern. */
    static boolean isTranslationFault(long word) {
        return code(word) >= F_TRANSLATION && code(word) <= F_PERMISSION;
    }

    /** FetchAddr of an event that has one. */
    static long fetchAddress(long word) {
        return word & (code(word) == F_WALK_EABT ? WALK_ADDRESS : STRUCTURE_ADDRESS);
    }

    /** IPA of a translation fault. */
    static long ipa(long word) {
        return word & WALK_ADDRESS & PAGE;
    }
}
