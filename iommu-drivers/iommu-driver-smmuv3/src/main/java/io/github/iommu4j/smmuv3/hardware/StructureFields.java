package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.dma.Explanation.Field;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.ArrayList;
import java.util.List;

/** The fields of a structure that matter to a reader, by the specification's names. */
final class StructureFields {

    private final List<Field> fields = new ArrayList<>();

    private StructureFields() {}

    static List<Field> of(StreamTableEntry ste) {
        StructureFields out = new StructureFields();
        out.add("V", StreamTableEntry.V.get(ste.dw0())).add("Config", ste.config());
        if (ste.usesStage1()) {
            out.add("S1Fmt", StreamTableEntry.S1FMT.get(ste.dw0()))
                    .add("S1ContextPtr", StreamTableEntry.S1CONTEXTPTR.inPlace(ste.dw0()))
                    .add("S1CDMax", StreamTableEntry.S1CDMAX.get(ste.dw0()))
                    .add("S1DSS", StreamTableEntry.S1DSS.get(ste.dw1()))
                    .add("STRW", StreamTableEntry.STRW.get(ste.dw1()));
        }
        out.add("S2VMID", StreamTableEntry.S2VMID.get(ste.dw2()));
        if (ste.usesStage2()) {
            out.add("S2T0SZ", StreamTableEntry.S2T0SZ.get(ste.dw2()))
                    .add("S2SL0", StreamTableEntry.S2SL0.get(ste.dw2()))
                    .add("S2TG", StreamTableEntry.S2TG.get(ste.dw2()))
                    .add("S2PS", StreamTableEntry.S2PS.get(ste.dw2()))
                    .addIfSet("S2HA", StreamTableEntry.S2HA.get(ste.dw2()))
                    .addIfSet("S2HD", StreamTableEntry.S2HD.get(ste.dw2()))
                    .addIfSet("S2S", StreamTableEntry.S2S.get(ste.dw2()))
                    .add("S2R", StreamTableEntry.S2R.get(ste.dw2()))
                    .add("S2TTB", StreamTableEntry.S2TTB.inPlace(ste.dw3()));
        }
        return out.fields;
    }

    static List<Field> of(ContextDescriptor cd) {
        long dw0 = cd.dw0();
        StructureFields out = new StructureFields();
        return out.add("V", ContextDescriptor.V.get(dw0))
                .add("AA64", ContextDescriptor.AA64.get(dw0))
                .add("IPS", ContextDescriptor.IPS.get(dw0))
                .add("T0SZ", ContextDescriptor.T0SZ.get(dw0))
                .add("TG0", ContextDescriptor.TG0.get(dw0))
                .add("EPD0", ContextDescriptor.EPD0.get(dw0))
                .add("TTB0", ContextDescriptor.TTB.inPlace(cd.dw1()))
                .add("T1SZ", ContextDescriptor.T1SZ.get(dw0))
                .add("TG1", ContextDescriptor.TG1.get(dw0))
                .add("EPD1", ContextDescriptor.EPD1.get(dw0))
                .add("TTB1", ContextDescriptor.TTB.inPlace(cd.dw2()))
                .add("ASID", ContextDescriptor.ASID.get(dw0))
                .addIfSet("HA", ContextDescriptor.HA.get(dw0))
                .addIfSet("HD", ContextDescriptor.HD.get(dw0))
                .addIfSet("S", ContextDescriptor.S.get(dw0))
                .add("A", ContextDescriptor.A.get(dw0))
                .add("R", ContextDescriptor.R.get(dw0))
                .fields;
    }

    static List<Field> stage1(long descriptor, int level) {
        StructureFields out = new StructureFields();
        if (TableFormat.isTable(descriptor, level)) {
            return out.add("APTable", descriptor >>> 61 & 3)
                    .add("UXNTable", descriptor >>> 60 & 1)
                    .add("PXNTable", descriptor >>> 59 & 1)
                    .fields;
        }
        return out.add("AttrIndx", descriptor >>> 2 & 7)
                .add("AP", descriptor >>> 6 & 3)
                .add("SH", descriptor >>> 8 & 3)
                .add("AF", descriptor >>> 10 & 1)
                .add("nG", descriptor >>> 11 & 1)
                .addIfSet("DBM", descriptor >>> 51 & 1)
                .add("PXN", descriptor >>> 53 & 1)
                .add("UXN", descriptor >>> 54 & 1)
                .fields;
    }

    static List<Field> stage2(long descriptor, int level) {
        StructureFields out = new StructureFields();
        if (TableFormat.isTable(descriptor, level)) {
            return out.fields;
        }
        return out.add("MemAttr", descriptor >>> 2 & 15)
                .add("S2AP", descriptor >>> 6 & 3)
                .add("SH", descriptor >>> 8 & 3)
                .add("AF", descriptor >>> 10 & 1)
                .addIfSet("DBM", descriptor >>> 51 & 1)
                .add("XN", descriptor >>> 53 & 3)
                .fields;
    }

    static String configName(int config) {
        return switch (config) {
            case StreamTableEntry.CONFIG_BYPASS -> "bypass";
            case StreamTableEntry.CONFIG_STAGE1 -> "stage 1";
            case StreamTableEntry.CONFIG_STAGE2 -> "stage 2";
            case StreamTableEntry.CONFIG_NESTED -> "stage 1 and stage 2";
            default -> "abort";
        };
    }

    static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    /** What only matters where software turned it on. */
    private StructureFields addIfSet(String name, long value) {
        return value == 0 ? this : add(name, value);
    }

    private StructureFields add(String name, long value) {
        fields.add(new Field(name, hex(value)));
        return this;
    }
}
