package io.github.iommu4j.smmuv3.checks;

import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.tables.Dice;
import io.github.iommu4j.smmuv3.tables.Shape;

/** Random SMMUs that can have a shape of tables. */
final class Features {

    private static final IdField[] FREE = {
        IdField.HYP,
        IdField.NS1ATS,
        IdField.ASID16,
        IdField.VMID16,
        IdField.CD2L,
        IdField.TERM_MODEL,
        IdField.ATTR_PERMS_OVR,
        IdField.HAD,
        IdField.XNX,
        IdField.FWB,
        IdField.STT,
        IdField.E0PD,
        IdField.PTWNNC,
        IdField.VAX,
    };

    private Features() {}

    static Smmuv3Capabilities random(Shape shape, Dice dice) {
        Smmuv3Capabilities.Builder builder = Smmuv3Capabilities.everything().toBuilder();
        for (IdField field : FREE) {
            builder.set(field, dice.below(2));
        }
        int sidSize = dice.pick(0, 4, 6, 8, 16, 32);
        builder.set(IdField.SIDSIZE, sidSize).set(IdField.ST_LEVEL, sidSize < 7 ? dice.below(2) : 1);
        builder.set(IdField.SSIDSIZE, dice.pick(0, 1, 8, 20));
        builder.set(IdField.TTENDIAN, dice.pick(0, 2, 2, 3));
        int stalls = dice.below(3);
        builder.set(IdField.STALL_MODEL, stalls).set(IdField.STALL_MAX, stalls == 1 ? 0 : dice.pick(1, 64, 0xFFFF));
        builder.set(IdField.HTTU, dice.below(3));
        int ats = dice.below(2);
        builder.set(IdField.ATS, ats).set(IdField.PRI, ats).set(IdField.NS1ATS, dice.below(2));
        builder.set(IdField.OAS, dice.below(7)).set(IdField.ARCH_MINOR, dice.between(1, 3));
        builder.set(IdField.GRAN4K, wants(shape, 12, dice));
        builder.set(IdField.GRAN16K, wants(shape, 14, dice));
        builder.set(IdField.GRAN64K, wants(shape, 16, dice));
        return builder.build();
    }

    private static int wants(Shape shape, int granule, Dice dice) {
        return shape.stage1Granule() == granule || shape.stage2Granule() == granule ? 1 : dice.below(2);
    }
}
