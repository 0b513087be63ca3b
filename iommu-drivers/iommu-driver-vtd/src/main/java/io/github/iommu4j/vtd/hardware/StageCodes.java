package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.vtd.layout.FaultReason;

/** Which code a failed second-stage walk has, by what the walk was for (Intel VT-d §7.1). Thread-safe. */
final class StageCodes {

    private final boolean legacyCodes;
    private final boolean legacyTopTable;
    private final boolean anyMissing;

    StageCodes(Deviations deviations) {
        legacyCodes = deviations.has(VtdDeviation.SECOND_STAGE_CODES_OF_LEGACY);
        legacyTopTable = deviations.has(VtdDeviation.TOP_TABLE_CODE_OF_LEGACY);
        anyMissing = deviations.has(VtdDeviation.ANY_MISSING_PERMISSION_IS_SSS_2);
    }

    /** A request's own address, in legacy mode. */
    static FaultReason legacy(int failure, int need) {
        return switch (failure) {
            case SecondStage.BEYOND -> FaultReason.LGN_1;
            case SecondStage.TOP_FETCH -> FaultReason.LCT_4;
            case SecondStage.FETCH -> FaultReason.LSS_1;
            case SecondStage.RESERVED -> FaultReason.LSS_2;
            case SecondStage.NO_READ -> FaultReason.LGN_3;
            case SecondStage.NO_WRITE -> FaultReason.LGN_2;
            default -> (need & Answer.WRITE) != 0 ? FaultReason.LGN_2 : FaultReason.LGN_3;
        };
    }

    /** A request's own address, in scalable mode. */
    FaultReason scalable(int failure, int need) {
        if (failure == SecondStage.TOP_FETCH) {
            return legacyTopTable ? FaultReason.LCT_4 : FaultReason.SSS_4;
        }
        if (legacyCodes && failure >= SecondStage.RESERVED) {
            return legacy(failure, need);
        }
        if (anyMissing && failure <= SecondStage.NOT_PRESENT && failure >= SecondStage.NO_EXECUTE) {
            return FaultReason.SSS_2;
        }
        return switch (failure) {
            case SecondStage.BEYOND -> FaultReason.SGN_5;
            case SecondStage.NO_WRITE -> FaultReason.SGN_6;
            case SecondStage.NO_READ -> FaultReason.SGN_7;
            case SecondStage.NO_EXECUTE -> FaultReason.SGN_3;
            default -> ofTables(failure);
        };
    }

    /** The address of a first-stage entry. */
    FaultReason nested(int failure, boolean topTable) {
        return switch (failure) {
            case SecondStage.BEYOND -> FaultReason.SFS_5;
            case SecondStage.NO_READ -> topTable ? FaultReason.SFS_6 : FaultReason.SFS_7;
            case SecondStage.NO_WRITE -> FaultReason.SFS_8;
            default -> ofTables(failure);
        };
    }

    private static FaultReason ofTables(int failure) {
        return switch (failure) {
            case SecondStage.TOP_FETCH -> FaultReason.SSS_4;
            case SecondStage.FETCH -> FaultReason.SSS_1;
            case SecondStage.RESERVED -> FaultReason.SSS_3;
            case SecondStage.NOT_SNOOPED -> FaultReason.SSS_5;
            case SecondStage.UPDATE_FAILED -> FaultReason.SSS_6;
            default -> FaultReason.SSS_2;
        };
    }
}
