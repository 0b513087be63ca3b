package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.util.List;

/** Which identification registers describe an SMMU that can exist, and that this model can be. */
final class CapabilityRules {

    /** Features without which an SMMU is complete and which this model does not have. */
    private static final List<IdField> NOT_MODELLED = List.of(
            IdField.ATOS,
            IdField.VATOS,
            IdField.RME_IMPL,
            IdField.REL,
            IdField.QUEUES_PRESET,
            IdField.TABLES_PRESET,
            IdField.ECMDQ,
            IdField.MPAM,
            IdField.DPT,
            IdField.PASIDTT,
            IdField.EPAN,
            IdField.S1PI,
            IdField.S2PI,
            IdField.S2PO,
            IdField.THE,
            IdField.MTEPERM,
            IdField.AIE,
            IdField.DS,
            IdField.D128);

    private static final int LARGEST_QUEUE_LG2 = 19;

    private final int idr0;
    private final int idr1;
    private final int idr3;
    private final int idr5;
    private final int aidr;

    private CapabilityRules(int idr0, int idr1, int idr3, int idr5, int aidr) {
        this.idr0 = idr0;
        this.idr1 = idr1;
        this.idr3 = idr3;
        this.idr5 = idr5;
        this.aidr = aidr;
    }

    static void check(int idr0, int idr1, int idr3, int idr5, int aidr, int gbpaReset) {
        CapabilityRules rules = new CapabilityRules(idr0, idr1, idr3, idr5, aidr);
        rules.checkReservedBits();
        rules.checkStages();
        rules.checkFormats();
        rules.checkSizes();
        rules.checkProtocols();
        for (IdField field : NOT_MODELLED) {
            rules.refuse(rules.get(field) != 0, field, "is not modelled");
        }
        if (gbpaReset < 0) {
            throw new IllegalArgumentException(
                    "GBPA reset value 0x" + Integer.toHexString(gbpaReset) + ": Update is 0 after reset");
        }
    }

    private void checkReservedBits() {
        for (SmmuRegister register : List.of(
                SmmuRegister.IDR0, SmmuRegister.IDR1, SmmuRegister.IDR3, SmmuRegister.IDR5, SmmuRegister.AIDR)) {
            int reserved = raw(register);
            for (IdField field : IdField.values()) {
                if (field.register() == register) {
                    reserved &= (int) ~field.field().mask();
                }
            }
            if (reserved != 0) {
                throw new IllegalArgumentException(
                        register + " has reserved bits 0x" + Integer.toHexString(reserved) + " set");
            }
        }
    }

    private void checkStages() {
        boolean s1p = get(IdField.S1P) != 0;
        boolean s2p = get(IdField.S2P) != 0;
        refuse(!s1p && !s2p, IdField.S1P, "and S2P=0: at least one stage is needed");
        refuse(get(IdField.HYP) != 0 && !(s1p && s2p), IdField.HYP, "needs both stages");
        refuse(get(IdField.VMW) != 0 && !s2p, IdField.VMW, "needs stage 2");
    }

    private void checkFormats() {
        refuse(get(IdField.TTF) == 0, IdField.TTF, "is reserved: at least one table format is needed");
        refuse(get(IdField.TTENDIAN) == 1, IdField.TTENDIAN, "is reserved");
        refuse(get(IdField.HTTU) == 3, IdField.HTTU, "is not modelled: SMMUv3.4");
        refuse(get(IdField.BBML) == 3, IdField.BBML, "is reserved");
        refuse(get(IdField.OAS) == 7, IdField.OAS, "is not modelled: 56-bit addresses are SMMUv3.4");
        refuse(get(IdField.VAX) > 1, IdField.VAX, "is not modelled: 56-bit addresses are SMMUv3.4");
        boolean granule = get(IdField.GRAN4K) != 0 || get(IdField.GRAN16K) != 0 || get(IdField.GRAN64K) != 0;
        refuse(!granule, IdField.GRAN4K, "and GRAN16K=0 and GRAN64K=0: at least one granule is needed");
        refuse(get(IdField.ARCH_MAJOR) != 0, IdField.ARCH_MAJOR, "is not SMMUv3");
        refuse(get(IdField.ARCH_MINOR) > 3, IdField.ARCH_MINOR, "is not modelled: SMMUv3.4 or later");
    }

    private void checkSizes() {
        refuse(get(IdField.ST_LEVEL) > 1, IdField.ST_LEVEL, "is reserved");
        refuse(get(IdField.SIDSIZE) > 32, IdField.SIDSIZE, "is larger than 32");
        refuse(get(IdField.SIDSIZE) >= 7 && get(IdField.ST_LEVEL) == 0, IdField.SIDSIZE, "of 7 or more needs ST_LEVEL");
        refuse(get(IdField.SSIDSIZE) > 20, IdField.SSIDSIZE, "is larger than 20");
        for (IdField queue : List.of(IdField.CMDQS, IdField.EVENTQS, IdField.PRIQS)) {
            refuse(get(queue) > LARGEST_QUEUE_LG2, queue, "is larger than 19");
        }
    }

    private void checkProtocols() {
        refuse(get(IdField.PRI) != 0 && get(IdField.ATS) == 0, IdField.PRI, "needs ATS");
        refuse(get(IdField.STALL_MODEL) == 3, IdField.STALL_MODEL, "is reserved");
        refuse(
                get(IdField.STALL_MODEL) == 1 && get(IdField.STALL_MAX) != 0,
                IdField.STALL_MAX,
                "must be 0 when STALL_MODEL=1 rules out stalls");
    }

    private void refuse(boolean broken, IdField field, String rule) {
        if (broken) {
            throw new IllegalArgumentException(field + "=" + get(field) + " " + rule);
        }
    }

    private int get(IdField field) {
        return field.get(raw(field.register()));
    }

    private int raw(SmmuRegister register) {
        return switch (register) {
            case IDR0 -> idr0;
            case IDR1 -> idr1;
            case IDR3 -> idr3;
            case IDR5 -> idr5;
            default -> aidr;
        };
    }
}
