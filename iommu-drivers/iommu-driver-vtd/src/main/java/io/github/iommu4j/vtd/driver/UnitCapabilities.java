package io.github.iommu4j.vtd.driver;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;

/**
 * What CAP_REG and ECAP_REG say, and what the driver makes of it (Intel VT-d §11.4.2-3).
 *
 * @param cap CAP_REG
 * @param ecap ECAP_REG
 * @param mode the mode the driver uses
 */
record UnitCapabilities(long cap, long ecap, Mode mode) {

    /** How structures are written. */
    enum Mode {
        /** Root and context entries only. */
        LEGACY,
        /** With PASID tables. */
        SCALABLE
    }

    private static final BitField ND = bits(2, 0);
    private static final BitField RWBF = bit(4);
    private static final BitField PLMR = bit(5);
    private static final BitField PHMR = bit(6);
    private static final BitField CM = bit(7);
    private static final BitField SAGAW = bits(12, 8);
    private static final BitField MGAW = bits(21, 16);
    private static final BitField SSLPS = bits(37, 34);
    private static final BitField PSI = bit(39);
    private static final BitField NFR = bits(47, 40);
    private static final BitField MAMV = bits(53, 48);
    private static final BitField DWD = bit(54);
    private static final BitField DRD = bit(55);
    private static final BitField FS1GP = bit(56);
    private static final BitField FS5LP = bit(60);
    private static final BitField ESIRTPS = bit(62);
    private static final BitField ESRTPS = bit(63);

    private static final BitField C = bit(0);
    private static final BitField QI = bit(1);
    private static final BitField DT = bit(2);
    private static final BitField IR = bit(3);
    private static final BitField EIM = bit(4);
    private static final BitField PT = bit(6);
    private static final BitField SC = bit(7);
    private static final BitField PSS = bits(39, 35);
    private static final BitField PASID = bit(40);
    private static final BitField PRS = bit(29);
    private static final BitField DIT = bit(41);
    private static final BitField SMTS = bit(43);
    private static final BitField SSTS = bit(46);
    private static final BitField FSTS = bit(47);
    private static final BitField SMPWCS = bit(48);
    private static final BitField SRS = bit(31);

    /** Code of 57 bits. */
    private static final int LARGEST_WIDTH_CODE = 3;
    /** Codes of 48 and 57 bits. */
    private static final int FIRST_STAGE_48 = 1 << 2;

    private static final int FIRST_STAGE_57 = 1 << LARGEST_WIDTH_CODE;

    /** Whether a unit could be used in scalable mode. */
    static boolean hasScalableMode(long ecap) {
        return SMTS.isSet(ecap) && QI.isSet(ecap);
    }

    boolean isScalable() {
        return mode == Mode.SCALABLE;
    }

    int domainIdBits() {
        return 4 + 2 * ND.getInt(cap);
    }

    boolean needsWriteBufferFlush() {
        return RWBF.isSet(cap);
    }

    boolean hasProtectedMemory() {
        return PLMR.isSet(cap) || PHMR.isSet(cap);
    }

    boolean isCaching() {
        return CM.isSet(cap);
    }

    int faultRecords() {
        return NFR.getInt(cap) + 1;
    }

    FlushSelection.Pages pages() {
        return PSI.isSet(cap) ? FlushSelection.Pages.SELECTIVE : FlushSelection.Pages.WHOLE_DOMAIN;
    }

    int maximumOrder() {
        return MAMV.getInt(cap);
    }

    boolean drainsWrites() {
        return DWD.isSet(cap);
    }

    boolean drainsReads() {
        return DRD.isSet(cap);
    }

    boolean setRootInvalidates() {
        return ESRTPS.isSet(cap);
    }

    boolean setInterruptTableInvalidates() {
        return ESIRTPS.isSet(cap);
    }

    boolean queuesInvalidations() {
        return QI.isSet(ecap);
    }

    boolean remapsInterrupts() {
        return IR.isSet(ecap);
    }

    boolean hasWideInterruptDestinations() {
        return EIM.isSet(ecap);
    }

    boolean passesThrough() {
        return PT.isSet(ecap);
    }

    boolean controlsSnooping() {
        return SC.isSet(ecap);
    }

    boolean takesSupervisorRequests() {
        return SRS.isSet(ecap);
    }

    boolean hasDeviceTlbs() {
        return DT.isSet(ecap);
    }

    boolean throttlesInvalidations() {
        return DIT.isSet(ecap);
    }

    /** Whether devices may ask for pages: scalable mode only. */
    boolean takesPageRequests() {
        return isScalable() && PRS.isSet(ecap) && PASID.isSet(ecap);
    }

    /** Width of PASIDs; 0 when requests have none. */
    int pasidBits() {
        return isScalable() && PASID.isSet(ecap) ? PSS.getInt(ecap) + 1 : 0;
    }

    boolean hasFirstStage() {
        return isScalable() && FSTS.isSet(ecap);
    }

    boolean hasSecondStage() {
        return !isScalable() || SSTS.isSet(ecap);
    }

    /** Whether root, context and PASID structures are seen without writing them back. */
    boolean hasCoherentStructures() {
        return C.isSet(ecap);
    }

    /** Whether page tables are. */
    boolean hasCoherentPageTables() {
        return isScalable() ? SMPWCS.isSet(ecap) : C.isSet(ecap);
    }

    /** Whether scalable-mode walks can be told to snoop. */
    boolean canSnoopWalks() {
        return SMPWCS.isSet(ecap);
    }

    /** The code of the largest width that every table of the unit can have; 0 when there is none. */
    int widthCode() {
        int supported = SAGAW.getInt(cap) & ~1;
        if (hasFirstStage()) {
            int first = FIRST_STAGE_48 | (FS5LP.isSet(cap) ? FIRST_STAGE_57 : 0);
            supported = hasSecondStage() ? supported & first : first;
        }
        int code = LARGEST_WIDTH_CODE;
        while (code > 0 && (supported >>> code & 1) == 0) {
            code--;
        }
        return code;
    }

    /** The code of the largest width there is, which pass-through entries must have (Intel VT-d §9.3, §9.6). */
    int largestWidthCode() {
        int supported = SAGAW.getInt(cap) & ~1;
        return supported == 0 ? widthCode() : 31 - Integer.numberOfLeadingZeros(supported);
    }

    /** Bits of a device's address: what the tables have, cut to MGAW. */
    int addressBits() {
        return Math.min(tableBits(), MGAW.getInt(cap) + 1);
    }

    /** Bits of an address in the tables. */
    int tableBits() {
        return 30 + 9 * widthCode();
    }

    /** Larger leaves of the second stage; 1 GiB only together with 2 MiB. */
    int secondStageLargePages() {
        int sizes = SSLPS.getInt(cap) & 3;
        return (sizes & 1) == 0 ? 0 : sizes;
    }

    int firstStageLargePages() {
        return FS1GP.isSet(cap) ? 3 : 1;
    }
}
