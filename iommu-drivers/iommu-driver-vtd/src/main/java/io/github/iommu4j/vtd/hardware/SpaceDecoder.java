package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.vtd.hardware.AddressSpace.Controls;
import io.github.iommu4j.vtd.hardware.AddressSpace.FirstStageTable;
import io.github.iommu4j.vtd.hardware.AddressSpace.Rules;
import io.github.iommu4j.vtd.hardware.AddressSpace.SecondStageTable;
import io.github.iommu4j.vtd.layout.ContextEntry;
import io.github.iommu4j.vtd.layout.FaultReason;
import io.github.iommu4j.vtd.layout.FirstStageEntry;
import io.github.iommu4j.vtd.layout.PasidEntry;
import org.jspecify.annotations.Nullable;

/** Decodes and checks context and PASID entries (Intel VT-d §9.3, §9.6). Thread-safe. */
final class SpaceDecoder {

    private static final int READ_WRITE = Answer.READ | Answer.WRITE;

    private final VtdCapabilities has;
    private final EntryMasks masks;
    private final long beyondHost;
    private final boolean typeFirst;
    private final boolean xdIgnored;
    private final boolean passThroughUnchecked;

    SpaceDecoder(Unit unit) {
        has = unit.capabilities();
        masks = new EntryMasks(has);
        beyondHost = ~Log2.mask(has.hostAddressWidth());
        typeFirst = unit.deviations().has(VtdDeviation.PASID_ENTRY_TYPE_BEFORE_PRESENT);
        xdIgnored = unit.deviations().has(VtdDeviation.XD_IGNORED);
        passThroughUnchecked = unit.deviations().has(VtdDeviation.PASS_THROUGH_UNCHECKED);
    }

    /** A context entry that is present, without reserved bits, and of a type that there is. */
    AddressSpace legacy(ContextEntry entry) {
        boolean fpd = ContextEntry.FPD.isSet(entry.low());
        int width = ContextEntry.AW.getInt(entry.high());
        int did = ContextEntry.DID.getInt(entry.high());
        if (!isSupported(width)) {
            return AddressSpace.refused(FaultWord.of(FaultReason.LCT_4, fpd));
        }
        Controls controls = new Controls(fpd, false, false, false);
        long tag = IotlbTag.secondStage(did);
        if (ContextEntry.TT.getInt(entry.low()) != ContextEntry.TT_PASS_THROUGH) {
            long root = ContextEntry.SSPTPTR.inPlace(entry.low());
            SecondStageTable second = new SecondStageTable(root, width + 2, inputBits(width), READ_WRITE, false, false);
            return new AddressSpace(0, AddressSpace.Type.LEGACY, did, tag, controls, second, null);
        }
        if (!isLargest(width)) {
            return AddressSpace.refused(FaultWord.of(FaultReason.LGN_1, fpd));
        }
        return new AddressSpace(0, AddressSpace.Type.LEGACY_PASS_THROUGH, did, tag, controls, null, null);
    }

    /** A PASID entry; {@code fpd} is that of the structures before it. */
    AddressSpace scalable(PasidEntry entry, int pasid, boolean fpd) {
        boolean silent = fpd || PasidEntry.FPD.isSet(entry.q0());
        if (typeFirst && !isValid(entry)) {
            return AddressSpace.refused(FaultWord.of(FaultReason.SPT_4, silent));
        }
        if (!PasidEntry.P.isSet(entry.q0())) {
            return AddressSpace.refused(FaultWord.of(FaultReason.SPT_2, silent));
        }
        if (hasReservedBits(entry)) {
            return AddressSpace.refused(FaultWord.of(FaultReason.SPT_3, silent));
        }
        if (!isValid(entry)) {
            return AddressSpace.refused(FaultWord.of(FaultReason.SPT_4, silent));
        }
        Controls controls = new Controls(
                silent,
                PasidEntry.SRE.isSet(entry.q2()),
                PasidEntry.ERE.isSet(entry.q2()),
                PasidEntry.PGSNP.isSet(entry.q1()));
        int did = PasidEntry.DID.getInt(entry.q1());
        int type = PasidEntry.PGTT.getInt(entry.q0());
        SecondStageTable second = usesSecond(type) ? second(entry) : null;
        FirstStageTable first = usesFirst(type) ? first(entry) : null;
        long tag = first != null ? IotlbTag.firstStage(did, pasid) : IotlbTag.secondStage(did);
        return new AddressSpace(0, typeOf(first, second), did, tag, controls, second, first);
    }

    private static AddressSpace.Type typeOf(@Nullable FirstStageTable first, @Nullable SecondStageTable second) {
        if (first != null) {
            return second != null ? AddressSpace.Type.NESTED : AddressSpace.Type.FIRST_STAGE;
        }
        return second != null ? AddressSpace.Type.SECOND_STAGE : AddressSpace.Type.PASS_THROUGH;
    }

    private SecondStageTable second(PasidEntry entry) {
        int width = PasidEntry.AW.getInt(entry.q0());
        int honoured = PasidEntry.SSEE.isSet(entry.q0()) ? READ_WRITE | Answer.EXECUTE : READ_WRITE;
        return new SecondStageTable(
                PasidEntry.SSPTPTR.inPlace(entry.q0()),
                width + 2,
                inputBits(width),
                honoured,
                PasidEntry.SSADE.isSet(entry.q0()),
                PasidEntry.PWSNP.isSet(entry.q1()));
    }

    private FirstStageTable first(PasidEntry entry) {
        boolean noExecute = PasidEntry.NXE.isSet(entry.q2());
        ReservedBits reserved = noExecute || xdIgnored ? masks.firstStage : masks.firstStageWithoutXd;
        Rules rules =
                new Rules(PasidEntry.WPE.isSet(entry.q2()), noExecute && !xdIgnored, PasidEntry.SMEP.isSet(entry.q2()));
        long used = FirstStageEntry.A.mask() | (PasidEntry.EAFE.isSet(entry.q2()) ? FirstStageEntry.EA.mask() : 0);
        return new FirstStageTable(
                PasidEntry.FSPTPTR.inPlace(entry.q2()),
                4 + PasidEntry.FSPM.getInt(entry.q2()),
                reserved,
                rules,
                used,
                PasidEntry.PWSNP.isSet(entry.q1()));
    }

    private boolean hasReservedBits(PasidEntry entry) {
        int type = PasidEntry.PGTT.getInt(entry.q0());
        long low = PasidEntry.RESERVED_0.mask()
                | (has.hasSecondStageAccessedDirty() ? 0 : PasidEntry.SSADE.mask())
                | (usesSecond(type) ? beyondHost : 0);
        long middle = PasidEntry.RESERVED_1.mask()
                | (has.hasCoherentScalableWalks() ? 0 : PasidEntry.PWSNP.mask())
                | (has.controlsSnooping() ? 0 : PasidEntry.PGSNP.mask())
                | PasidEntry.DID.mask() & -1L << has.domainIdBits();
        long high = PasidEntry.RESERVED_2.mask()
                | (has.takesSupervisorRequests() ? 0 : PasidEntry.SRE.mask())
                | (has.takesExecuteRequests() ? 0 : PasidEntry.ERE.mask())
                | (has.hasExtendedAccessed() ? 0 : PasidEntry.EAFE.mask())
                | (type == PasidEntry.PGTT_FIRST_STAGE ? beyondHost : 0);
        return (entry.q0() & low
                        | entry.q1() & middle
                        | entry.q2() & high
                        | entry.q3()
                        | entry.q4()
                        | entry.q5()
                        | entry.q6()
                        | entry.q7())
                != 0;
    }

    private boolean isValid(PasidEntry entry) {
        int width = PasidEntry.AW.getInt(entry.q0());
        int mode = PasidEntry.FSPM.getInt(entry.q2());
        boolean levels = mode == PasidEntry.FSPM_FOUR_LEVELS
                || mode == PasidEntry.FSPM_FIVE_LEVELS && has.hasFiveLevelFirstStage();
        return switch (PasidEntry.PGTT.getInt(entry.q0())) {
            case PasidEntry.PGTT_FIRST_STAGE -> has.hasFirstStage() && levels;
            case PasidEntry.PGTT_SECOND_STAGE -> has.hasSecondStage() && isSupported(width);
            case PasidEntry.PGTT_NESTED -> has.nests() && levels && isSupported(width);
            case PasidEntry.PGTT_PASS_THROUGH -> has.passesThrough() && isLargest(width);
            default -> false;
        };
    }

    private static boolean usesFirst(int type) {
        return type == PasidEntry.PGTT_FIRST_STAGE || type == PasidEntry.PGTT_NESTED;
    }

    private static boolean usesSecond(int type) {
        return type == PasidEntry.PGTT_SECOND_STAGE || type == PasidEntry.PGTT_NESTED;
    }

    private int inputBits(int width) {
        return Math.min(30 + 9 * width, has.guestAddressWidth());
    }

    /** Whether SAGAW has a width; codes 0 and above 3 are reserved whatever SAGAW says. */
    private boolean isSupported(int width) {
        return width >= 1 && width <= 3 && (has.secondStageWidths() >>> width & 1) != 0;
    }

    private boolean isLargest(int width) {
        int widths = has.secondStageWidths() & 0xE;
        return passThroughUnchecked || widths != 0 && width == Log2.floor(widths);
    }
}
