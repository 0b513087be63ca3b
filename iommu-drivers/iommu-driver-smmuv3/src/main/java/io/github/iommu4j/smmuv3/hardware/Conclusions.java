package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.EventType;

/** One line for each way a translation can fail, with the section of IHI 0070 that says so. */
final class Conclusions {

    private Conclusions() {}

    static String of(ControlState now, long fault) {
        if (FaultWord.code(fault) == FaultWord.ABORT) {
            return now.enabled()
                    ? "aborted: STE.Config or address size (\u00a75.2, \u00a73.4)"
                    : "SMMUEN=0: aborted (\u00a73.11, \u00a76.3.14)";
        }
        EventType type = EventType.of(FaultWord.code(fault)).orElseThrow();
        return type + place(fault) + " " + reason(type, fault);
    }

    private static String place(long fault) {
        if (FaultWord.code(fault) < FaultWord.F_WALK_EABT) {
            return "";
        }
        String what = switch (FaultWord.classOf(fault)) {
            case EventRecord.CLASS_CD -> "CD";
            case EventRecord.CLASS_TT -> "TT";
            default -> "IN";
        };
        return (FaultWord.isStage2(fault) ? " at stage 2" : " at stage 1") + " CLASS=" + what;
    }

    private static String reason(EventType type, long fault) {
        return switch (type) {
            case C_BAD_STREAMID -> "StreamID outside the stream table (\u00a73.3.1, \u00a77.3.3)";
            case F_STE_FETCH -> "STE or L1STD not readable (\u00a77.3.4)";
            case C_BAD_STE -> "STE is invalid or ILLEGAL (\u00a75.2.2)";
            case F_BAD_ATS_TREQ -> "Translation Request not allowed (\u00a73.9.1)";
            case F_STREAM_DISABLED -> "S1DSS forbids it (\u00a75.2, \u00a77.3.7)";
            case F_TRANSL_FORBIDDEN -> "Translated transaction not allowed (\u00a73.9.1.3)";
            case C_BAD_SUBSTREAMID -> "SubstreamID has no CD (\u00a73.3.2, \u00a77.3.9)";
            case F_CD_FETCH -> "CD or L1CD not readable (\u00a77.3.10)";
            case C_BAD_CD -> "CD is invalid or ILLEGAL (\u00a75.4.2)";
            case F_WALK_EABT -> "descriptor not readable (\u00a77.3.12)";
            case F_TRANSLATION -> "no translation (\u00a73.4.1, \u00a77.3.13)";
            case F_ADDR_SIZE -> "address beyond its size (\u00a73.4, \u00a77.3.14)";
            case F_ACCESS -> "access flag is 0 (\u00a77.3.15)";
            case F_PERMISSION ->
                (FaultWord.isReadMissing(fault) ? "read" : "write or execute")
                        + " not permitted (\u00a713.4, \u00a77.3.16)";
            default -> "(\u00a77.3)";
        };
    }
}
