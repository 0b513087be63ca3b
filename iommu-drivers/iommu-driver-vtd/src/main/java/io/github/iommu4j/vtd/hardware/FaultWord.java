package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.vtd.layout.FaultReason;

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

    static long packed(long word) {
        return Translations.fault(code(word), FaultResponse.ABORT);
    }

    /** The value form of a packed fault. */
    static Translation.Fault fault(long packed) {
        int code = Translations.faultCode(packed);
        String name = FaultReason.of(code).map(FaultReason::label).orElse("ABORT");
        return new Translation.Fault(code, name, FaultResponse.ABORT, Translations.isRecorded(packed));
    }
}
