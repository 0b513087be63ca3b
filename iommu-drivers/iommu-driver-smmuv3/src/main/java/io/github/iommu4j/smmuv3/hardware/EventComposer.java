package io.github.iommu4j.smmuv3.hardware;

import static io.github.iommu4j.api.dma.TranslationUnit.NO_SUBSTREAM;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.smmuv3.layout.EventRecord;

/** The four words of the event record of a fault (IHI 0070 §7.3). Fields an event does not have are 0. */
final class EventComposer {

    /** F_BAD_ATS_TREQ: the permissions requested. */
    private static final BitField REQUESTED_READ = BitField.bit(31);

    private static final BitField REQUESTED_WRITE = BitField.bit(30);
    private static final BitField REQUESTED_EXECUTE = BitField.bit(29);
    private static final BitField REQUESTED_PRIVILEGED = BitField.bit(28);
    private static final long PAGE = -1L << 12;

    private EventComposer() {}

    /** Event number, SSV, SubstreamID, StreamID. */
    static long dw0(long fault, int streamId, int substreamId, int access) {
        long word = EventRecord.NUMBER.of(FaultWord.code(fault))
                | EventRecord.STREAM_ID.of(Integer.toUnsignedLong(streamId));
        if (substreamId == NO_SUBSTREAM || TranslationPath.isTranslated(access)) {
            return word;
        }
        long ssv = FaultWord.code(fault) == FaultWord.C_BAD_SUBSTREAMID ? 0 : 1;
        return word | EventRecord.SUBSTREAM_ID.of(substreamId & 0xFFFFF) | EventRecord.SSV.of(ssv);
    }

    /** What kind of access, and where it failed. STAG is 0. */
    static long dw1(long fault, int access) {
        int code = FaultWord.code(fault);
        if (code == FaultWord.F_BAD_ATS_TREQ) {
            return requested(access);
        }
        boolean read = (access & Access.WRITE_BIT) == 0 || isAtomicThatMayOnlyWrite(fault);
        long rnw = EventRecord.RNW.of(read ? 1 : 0);
        if (code == FaultWord.F_TRANSL_FORBIDDEN) {
            return rnw;
        }
        if (code < FaultWord.F_WALK_EABT) {
            return 0;
        }
        boolean tableRead = FaultWord.isReadMissing(fault) && FaultWord.classOf(fault) == EventRecord.CLASS_TT;
        return rnw
                | EventRecord.PNU.of(FaultWord.isPrivileged(fault) ? 1 : 0)
                | EventRecord.IND.of(FaultWord.isInstruction(fault) ? 1 : 0)
                | EventRecord.STALL.of(FaultWord.isStalled(fault) ? 1 : 0)
                | EventRecord.S2.of(FaultWord.isStage2(fault) ? 1 : 0)
                | EventRecord.CLASS.of(FaultWord.classOf(fault))
                | EventRecord.TTRNW.of(tableRead ? 1 : 0);
    }

    /** InputAddr: 64 bits as received, where the event has one. */
    static long dw2(long fault, long iova) {
        int code = FaultWord.code(fault);
        if (code == FaultWord.F_BAD_ATS_TREQ) {
            return iova & PAGE;
        }
        return code == FaultWord.F_TRANSL_FORBIDDEN || code >= FaultWord.F_WALK_EABT ? iova : 0;
    }

    /** IPA or FetchAddr. */
    static long dw3(long fault) {
        if (FaultWord.isTranslationFault(fault)) {
            return FaultWord.isStage2(fault) ? FaultWord.ipa(fault) : 0;
        }
        int code = FaultWord.code(fault);
        boolean fetched =
                code == FaultWord.F_STE_FETCH || code == FaultWord.F_CD_FETCH || code == FaultWord.F_WALK_EABT;
        return fetched ? FaultWord.fetchAddress(fault) : 0;
    }

    /** The one write that shows as a read (§7.3.16). A refused table read is not: its record shows the access itself. */
    private static boolean isAtomicThatMayOnlyWrite(long fault) {
        return FaultWord.isReadMissing(fault) && FaultWord.classOf(fault) == EventRecord.CLASS_IN;
    }

    private static long requested(int access) {
        return REQUESTED_READ.of((access & Access.WRITE_BIT) == 0 || (access & Access.READ_BIT) != 0 ? 1 : 0)
                | REQUESTED_WRITE.of((access & Access.WRITE_BIT) != 0 ? 1 : 0)
                | REQUESTED_EXECUTE.of(Permissions.isInstruction(access) ? 1 : 0)
                | REQUESTED_PRIVILEGED.of(Permissions.isPrivileged(access) ? 1 : 0);
    }
}
