package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.vtd.layout.FaultReason;
import java.util.BitSet;

/**
 * A fault on its way from where it was found to its record, packed so that nothing is allocated. Always negative.
 *
 * <pre>
 *  63 62  31           12 11 10   9     8    7    0
 * +--+---+---------------+----+-----+------+-------+
 * | 1| 0 |     PASID     | 0  |PASID|SILENT| code  |
 * |  |   |               |    |known|      |       |
 * +--+---+---------------+----+-----+------+-------+
 * </pre>
 *
 * <p>PASID is the one the structures were looked up with. SILENT: nothing is recorded.
 */
final class FaultWord {

    private static final long FAULT = 1L << 63;
    private static final long SILENT = 1L << 8;
    private static final long KNOWN = 1L << 9;
    private static final int PASID_SHIFT = 12;

    /** Entries that are not present, and bits that do not let such a request in. */
    private static final BitSet FORBIDDING = new BitSet();

    static {
        for (FaultReason reason : new FaultReason[] {
            FaultReason.LRT_2, FaultReason.LCT_2, FaultReason.LCT_5, FaultReason.RTA_2, FaultReason.SRT_2,
            FaultReason.SCT_2, FaultReason.SCT_5, FaultReason.SCT_6, FaultReason.SCT_7, FaultReason.SPD_2,
            FaultReason.SPT_2, FaultReason.SPT_5, FaultReason.SPT_6
        }) {
            FORBIDDING.set(reason.code());
        }
    }

    private FaultWord() {}

    static long of(FaultReason reason) {
        return FAULT | reason.code();
    }

    /** A fault that FPD silences if it is one of those. */
    static long of(FaultReason reason, boolean fpd) {
        return FAULT | reason.code() | (fpd && reason.isQualified() ? SILENT : 0);
    }

    /** A fault of a stage: all of those can be silenced. */
    static long ofStage(int code, boolean fpd) {
        return FAULT | code | (fpd ? SILENT : 0);
    }

    /** Blocked, and never recorded. */
    static long abort() {
        return FAULT | SILENT;
    }

    /** A fault that is not recorded. */
    static long silent(FaultReason reason) {
        return FAULT | SILENT | reason.code();
    }

    static long withPasid(long word, int pasid) {
        return word | KNOWN | (long) pasid << PASID_SHIFT;
    }

    static int code(long word) {
        return (int) word & 0xFF;
    }

    static boolean isSilent(long word) {
        return (word & SILENT) != 0;
    }

    /** The PASID that was looked up, or -1 when none was. */
    static int pasid(long word) {
        return (word & KNOWN) != 0 ? (int) (word >>> PASID_SHIFT) & 0xF_FFFF : -1;
    }

    /** The packed form of {@link Translations}, not recorded. */
    static long packed(long word, int access) {
        boolean asks = TranslationPath.isTranslationRequest(access);
        return Translations.fault(code(word), asks ? refusal(code(word)) : FaultResponse.ABORT);
    }

    /** The completion of a translation request that faults (§4.2): who may not ask is told so, else the unit has failed. */
    private static FaultResponse refusal(int code) {
        boolean forbidden = code == 0 || FORBIDDING.get(code);
        return forbidden ? FaultResponse.UNSUPPORTED_REQUEST : FaultResponse.COMPLETER_ABORT;
    }

    /** The value form of a packed fault. */
    static Translation.Fault fault(long packed) {
        int code = Translations.faultCode(packed);
        String name = FaultReason.of(code).map(FaultReason::label).orElse("ABORT");
        return new Translation.Fault(code, name, Translations.response(packed), Translations.isRecorded(packed));
    }
}
