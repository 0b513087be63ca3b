package io.github.iommu4j.lab.replay.vtd;

import io.github.iommu4j.lab.verdict.Departure;
import io.github.iommu4j.vtd.hardware.VtdDeviation;
import org.jspecify.annotations.Nullable;

/**
 * How the reference machines of VT-d captures depart from the specification. Most can be switched on in the model, which must
 * then answer as the reference did.
 */
public enum VtdDeparture implements Departure {
    /** See {@link VtdDeviation#SECOND_STAGE_CODES_OF_LEGACY}. */
    SECOND_STAGE_CODES_OF_LEGACY("Intel VT-d §7.1 (SSS.2, SGN.5-7)", VtdDeviation.SECOND_STAGE_CODES_OF_LEGACY),
    /** See {@link VtdDeviation#STRUCTURE_CODES_OF_LEGACY}. */
    STRUCTURE_CODES_OF_LEGACY("Intel VT-d §7.1 (SRT, SCT)", VtdDeviation.STRUCTURE_CODES_OF_LEGACY),
    /** See {@link VtdDeviation#PASID_ENTRY_TYPE_BEFORE_PRESENT}. */
    PASID_ENTRY_TYPE_BEFORE_PRESENT("Intel VT-d §7.1 (SPT.2)", VtdDeviation.PASID_ENTRY_TYPE_BEFORE_PRESENT),
    /** See {@link VtdDeviation#RID_PASID_WITHOUT_RPS}. */
    RID_PASID_WITHOUT_RPS("Intel VT-d §9.4, §11.4.3 (RPS)", VtdDeviation.RID_PASID_WITHOUT_RPS),
    /** See {@link VtdDeviation#TOP_TABLE_CODE_OF_LEGACY}. */
    TOP_TABLE_CODE_OF_LEGACY("Intel VT-d §7.1 (SSS.4, SFS.4)", VtdDeviation.TOP_TABLE_CODE_OF_LEGACY),
    /** See {@link VtdDeviation#XD_IGNORED}. */
    XD_IGNORED("Intel VT-d §9.7 (XD), §9.6 (NXE)", VtdDeviation.XD_IGNORED),
    /** See {@link VtdDeviation#PASS_THROUGH_UNCHECKED}. */
    PASS_THROUGH_UNCHECKED("Intel VT-d §7.1 (LGN.1, SGN.4)", VtdDeviation.PASS_THROUGH_UNCHECKED),
    /** See {@link VtdDeviation#ANY_MISSING_PERMISSION_IS_SSS_2}. */
    ANY_MISSING_PERMISSION_IS_SSS_2("Intel VT-d §7.1 (SSS.2)", VtdDeviation.ANY_MISSING_PERMISSION_IS_SSS_2),
    /** See {@link VtdDeviation#FAULT_ADDRESS_UNCUT}. */
    FAULT_ADDRESS_UNCUT("Intel VT-d §11.4.14 (FI)", VtdDeviation.FAULT_ADDRESS_UNCUT),
    /** See {@link VtdDeviation#REQUESTS_WITHOUT_PASID_RECORD_ONE}. */
    REQUESTS_WITHOUT_PASID_RECORD_ONE("Intel VT-d §11.4.14 (PP, PV)", VtdDeviation.REQUESTS_WITHOUT_PASID_RECORD_ONE),
    /** See {@link VtdDeviation#UPDATES_WITHOUT_SNOOPING}. */
    UPDATES_WITHOUT_SNOOPING("Intel VT-d §7.1 (SFS.9, SSS.5)", VtdDeviation.UPDATES_WITHOUT_SNOOPING),
    /** An access that hits a cached translation is reported as translated although a permission is missing. */
    PERMISSION_NOT_CHECKED_ON_HIT("Intel VT-d §6.2.3", null);

    private final String section;
    private final @Nullable VtdDeviation switchedOn;

    VtdDeparture(String section, @Nullable VtdDeviation switchedOn) {
        this.section = section;
        this.switchedOn = switchedOn;
    }

    @Override
    public String section() {
        return section;
    }

    /** What makes the model do the same; {@code null} when nothing does. */
    @Nullable
    VtdDeviation switchedOn() {
        return switchedOn;
    }
}
