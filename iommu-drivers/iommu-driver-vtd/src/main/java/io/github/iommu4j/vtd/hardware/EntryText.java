package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.dma.Explanation.Field;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.vtd.layout.ContextEntry;
import io.github.iommu4j.vtd.layout.FirstStageEntry;
import io.github.iommu4j.vtd.layout.PasidDirectoryEntry;
import io.github.iommu4j.vtd.layout.PasidEntry;
import io.github.iommu4j.vtd.layout.RootEntry;
import io.github.iommu4j.vtd.layout.ScalableContextEntry;
import io.github.iommu4j.vtd.layout.SecondStageEntry;
import java.util.ArrayList;
import java.util.List;

/** The fields of structures that matter to an explanation, by the specification's names. Immutable. */
final class EntryText {

    private final long addressMask;

    EntryText(VtdCapabilities has) {
        addressMask = new EntryMasks(has).address;
    }

    static List<Field> of(RootEntry entry) {
        return List.of(
                flag("P", RootEntry.P, entry.low()),
                address("CTP", RootEntry.CTP, entry.low()),
                flag("UP", RootEntry.P, entry.high()),
                address("UCTP", RootEntry.CTP, entry.high()));
    }

    static List<Field> of(ContextEntry entry) {
        return List.of(
                flag("P", ContextEntry.P, entry.low()),
                flag("FPD", ContextEntry.FPD, entry.low()),
                flag("TT", ContextEntry.TT, entry.low()),
                address("SSPTPTR", ContextEntry.SSPTPTR, entry.low()),
                flag("AW", ContextEntry.AW, entry.high()),
                flag("DID", ContextEntry.DID, entry.high()));
    }

    static List<Field> of(ScalableContextEntry entry) {
        return List.of(
                flag("P", ScalableContextEntry.P, entry.q0()),
                flag("FPD", ScalableContextEntry.FPD, entry.q0()),
                flag("DTE", ScalableContextEntry.DTE, entry.q0()),
                flag("PASIDE", ScalableContextEntry.PASIDE, entry.q0()),
                flag("PRE", ScalableContextEntry.PRE, entry.q0()),
                flag("PDTS", ScalableContextEntry.PDTS, entry.q0()),
                address("PASIDDIRPTR", ScalableContextEntry.PASIDDIRPTR, entry.q0()),
                flag("RID_PASID", ScalableContextEntry.RID_PASID, entry.q1()),
                flag("RID_PRIV", ScalableContextEntry.RID_PRIV, entry.q1()));
    }

    static List<Field> of(PasidDirectoryEntry entry) {
        return List.of(
                flag("P", PasidDirectoryEntry.P, entry.raw()),
                flag("FPD", PasidDirectoryEntry.FPD, entry.raw()),
                address("SMPTBLPTR", PasidDirectoryEntry.SMPTBLPTR, entry.raw()));
    }

    static List<Field> of(PasidEntry entry) {
        List<Field> fields = new ArrayList<>(List.of(
                flag("P", PasidEntry.P, entry.q0()),
                flag("FPD", PasidEntry.FPD, entry.q0()),
                flag("PGTT", PasidEntry.PGTT, entry.q0()),
                flag("DID", PasidEntry.DID, entry.q1()),
                flag("PWSNP", PasidEntry.PWSNP, entry.q1())));
        int type = PasidEntry.PGTT.getInt(entry.q0());
        if (type == PasidEntry.PGTT_SECOND_STAGE || type == PasidEntry.PGTT_NESTED) {
            fields.add(flag("AW", PasidEntry.AW, entry.q0()));
            fields.add(flag("SSADE", PasidEntry.SSADE, entry.q0()));
            fields.add(address("SSPTPTR", PasidEntry.SSPTPTR, entry.q0()));
        }
        if (type == PasidEntry.PGTT_FIRST_STAGE || type == PasidEntry.PGTT_NESTED) {
            fields.add(flag("FSPM", PasidEntry.FSPM, entry.q2()));
            fields.add(flag("SRE", PasidEntry.SRE, entry.q2()));
            fields.add(flag("ERE", PasidEntry.ERE, entry.q2()));
            fields.add(flag("WPE", PasidEntry.WPE, entry.q2()));
            fields.add(flag("NXE", PasidEntry.NXE, entry.q2()));
            fields.add(flag("SMEP", PasidEntry.SMEP, entry.q2()));
            fields.add(flag("EAFE", PasidEntry.EAFE, entry.q2()));
            fields.add(address("FSPTPTR", PasidEntry.FSPTPTR, entry.q2()));
        }
        return fields;
    }

    static List<Field> firstStage(long entry, int level) {
        List<Field> fields = new ArrayList<>(List.of(
                flag("P", FirstStageEntry.P, entry),
                flag("R/W", FirstStageEntry.RW, entry),
                flag("U/S", FirstStageEntry.US, entry),
                flag("A", FirstStageEntry.A, entry)));
        if (isLeaf(entry, level)) {
            fields.add(flag("D", FirstStageEntry.D, entry));
        }
        fields.add(flag("XD", FirstStageEntry.XD, entry));
        return fields;
    }

    static List<Field> secondStage(long entry, int level) {
        List<Field> fields = new ArrayList<>(List.of(
                flag("R", SecondStageEntry.R, entry),
                flag("W", SecondStageEntry.W, entry),
                flag("X", SecondStageEntry.X, entry),
                flag("A", SecondStageEntry.A, entry)));
        if (isLeaf(entry, level)) {
            fields.add(flag("D", SecondStageEntry.D, entry));
            fields.add(flag("SNP", SecondStageEntry.SNP, entry));
        }
        return fields;
    }

    /** Where a first-stage entry leads. */
    String firstStageLeads(long entry, int level) {
        return FirstStageEntry.P.isSet(entry) ? leads(entry, level) : "not present";
    }

    /** Where a second-stage entry leads. */
    String secondStageLeads(long entry, int level) {
        return (entry & 7) == 0 ? "not present" : leads(entry, level);
    }

    private String leads(long entry, int level) {
        if (!isLeaf(entry, level)) {
            return "table at 0x" + Long.toHexString(entry & addressMask);
        }
        int sizeLg2 = 3 + 9 * level;
        return "page of 2^" + sizeLg2 + " bytes at 0x" + Long.toHexString(Log2.alignDown(entry & addressMask, sizeLg2));
    }

    /** PS is bit 7 in either stage. */
    private static boolean isLeaf(long entry, int level) {
        return level == 1 || SecondStageEntry.PS.isSet(entry);
    }

    private static Field flag(String name, BitField field, long raw) {
        return new Field(name, "0x" + Long.toHexString(field.get(raw)));
    }

    private static Field address(String name, BitField field, long raw) {
        return new Field(name, "0x" + Long.toHexString(field.inPlace(raw)));
    }
}
