package io.github.iommu4j.smmuv3.reference;

import static io.github.iommu4j.smmuv3.reference.Raw.bit;
import static io.github.iommu4j.smmuv3.reference.Raw.field;

/** Which commands stop the queue with CERROR_ILL (IHI 0070 §4.1.3 and each command's section). */
public final class CommandRules {

    private final IdRegisters id;

    /**
     * Makes the rules of an SMMU's Non-secure command queue.
     *
     * @param id its features
     */
    public CommandRules(IdRegisters id) {
        this.id = id;
    }

    /**
     * Whether a command is illegal. Reserved bits are ignored.
     *
     * @param dw0 word 0
     * @param dw1 word 1
     */
    public boolean isIllegal(long dw0, long dw1) {
        int opcode = field(dw0, 7, 0);
        return switch (opcode) {
            case 0x01, 0x02, 0x03, 0x04 -> bit(dw0, 10);
            case 0x05, 0x06 -> bit(dw0, 10) || !id.stage1();
            case 0x10, 0x11 -> !id.stage1();
            case 0x12, 0x13 -> !id.stage1() || rangeIllegal(dw0, dw1);
            case 0x20, 0x21 -> !id.el2();
            case 0x22, 0x23 -> !id.el2() || rangeIllegal(dw0, dw1);
            case 0x28 -> !id.stage2();
            case 0x2A -> !id.stage2() || rangeIllegal(dw0, dw1);
            case 0x30 -> false;
            case 0x40 -> !id.ats() || field(dw1, 5, 0) > 52;
            case 0x41 -> !bit(id.idr0(), 16) || field(dw1, 13, 12) == 3;
            case 0x44, 0x45 -> bit(dw0, 10) || id.stallModel() == 1;
            case 0x46 -> field(dw0, 13, 12) == 3;
            default -> true;
        };
    }

    /** TG given, but nothing else that says how far. */
    private boolean rangeIllegal(long dw0, long dw1) {
        boolean ranges = bit(id.idr3(), 10);
        int granule = field(dw1, 11, 10);
        int level = field(dw1, 9, 8);
        boolean levelCounts = level != 0 && !(granule == 2 && level == 1);
        return ranges && granule != 0 && field(dw0, 16, 12) == 0 && field(dw0, 24, 20) == 0 && !levelCounts;
    }
}
