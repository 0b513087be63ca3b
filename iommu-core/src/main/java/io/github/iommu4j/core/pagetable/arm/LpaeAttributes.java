package io.github.iommu4j.core.pagetable.arm;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.Prot;
import io.github.iommu4j.core.bits.BitField;

/**
 * ARM DDI 0487, D8.3.1: the attributes of pages and blocks, as Linux 6.1 chooses them for a protection. Stage 1 keeps
 * memory types in MAIR, stage 2 in the descriptor; Mali has types as in stage 1 and permissions as in stage 2.
 *
 * @param kind the kind of table
 * @param nonSecure whether NS is set
 */
record LpaeAttributes(LpaeKind kind, boolean nonSecure) {

    private static final BitField ATTR_INDX = bits(4, 2);
    private static final BitField NS = bit(5);
    private static final BitField AP_UNPRIVILEGED = bit(6);
    private static final BitField AP_READ_ONLY = bit(7);
    private static final BitField SH = bits(9, 8);
    private static final BitField AF = bit(10);
    private static final BitField NG = bit(11);
    private static final BitField PXN_AND_XN = bits(54, 53);

    private static final BitField STAGE_2_MEM_ATTR = bits(5, 2);
    private static final BitField STAGE_2_READ = bit(6);
    private static final BitField STAGE_2_WRITE = bit(7);

    private static final int ATTR_NON_CACHEABLE = 0;
    private static final int ATTR_WRITE_BACK = 1;
    private static final int ATTR_DEVICE = 2;
    private static final int MEM_ATTR_DEVICE = 1;
    private static final int MEM_ATTR_NON_CACHEABLE = 5;
    private static final int MEM_ATTR_WRITE_BACK = 0xF;
    private static final int OUTER_SHAREABLE = 2;
    private static final int INNER_SHAREABLE = 3;

    /** All the bits that may be attributes; a smaller leaf inherits them. */
    static final long MASK = bits(11, 2).mask() | PXN_AND_XN.mask();

    long of(Prot prot) {
        long common = (prot.includes(Prot.NOEXEC) ? PXN_AND_XN.mask() : 0) | (nonSecure ? NS.mask() : 0);
        return switch (kind) {
            case ARM_64_LPAE_S1, ARM_32_LPAE_S1 ->
                common | stage1Permissions(prot) | attrIndx(prot) | shareability(prot) | AF.mask() | NG.mask();
            case ARM_64_LPAE_S2, ARM_32_LPAE_S2 ->
                common | stage2Permissions(prot) | memAttr(prot) | shareability(prot) | AF.mask();
            // What Mali calls inner is within the GPU: everything else is outer.
            case ARM_MALI_LPAE -> common | stage2Permissions(prot) | attrIndx(prot) | SH.of(OUTER_SHAREABLE);
        };
    }

    private static long stage1Permissions(Prot prot) {
        return (prot.includes(Prot.WRITE) ? 0 : AP_READ_ONLY.mask())
                | (prot.includes(Prot.PRIV) ? 0 : AP_UNPRIVILEGED.mask());
    }

    private static long stage2Permissions(Prot prot) {
        return (prot.includes(Prot.READ) ? STAGE_2_READ.mask() : 0)
                | (prot.includes(Prot.WRITE) ? STAGE_2_WRITE.mask() : 0);
    }

    private static long attrIndx(Prot prot) {
        int cached = prot.includes(Prot.CACHE) ? ATTR_WRITE_BACK : ATTR_NON_CACHEABLE;
        return ATTR_INDX.of(prot.includes(Prot.MMIO) ? ATTR_DEVICE : cached);
    }

    private static long memAttr(Prot prot) {
        int cached = prot.includes(Prot.CACHE) ? MEM_ATTR_WRITE_BACK : MEM_ATTR_NON_CACHEABLE;
        return STAGE_2_MEM_ATTR.of(prot.includes(Prot.MMIO) ? MEM_ATTR_DEVICE : cached);
    }

    private static long shareability(Prot prot) {
        return SH.of(prot.includes(Prot.CACHE) ? INNER_SHAREABLE : OUTER_SHAREABLE);
    }
}
