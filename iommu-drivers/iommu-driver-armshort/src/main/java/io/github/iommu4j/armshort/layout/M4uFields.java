package io.github.iommu4j.armshort.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;

/** The fields of the M4U's registers, by register. */
public final class M4uFields {

    private M4uFields() {}

    /**
     * PT_BASE_ADDR.
     *
     * <pre>
     *  31                14 13   3 2        0
     * |        BASE        |      | PA[34:32] |
     * </pre>
     */
    public static final class PtBase {
        /** Bits 34:32 of the table's address, where tables may lie above 4 GiB. */
        public static final BitField HIGH = bits(2, 0);
        /** The table's address, in place. */
        public static final BitField BASE = bits(31, 14);

        private PtBase() {}
    }

    /**
     * INVALIDATE.
     *
     * <pre>
     *  31   2 1   0
     * |      |ALL|RANGE|
     * </pre>
     */
    public static final class Invalidate {
        /** The entries of INVLD_START_A to INVLD_END_A; CPE_DONE tells when. */
        public static final BitField RANGE = bit(0);
        /** Every entry, at once. */
        public static final BitField ALL = bit(1);

        private Invalidate() {}
    }

    /**
     * INV_SEL: which of the two levels of translation caches an invalidation reaches.
     *
     * <pre>
     *  31   2 1   0
     * |      |EN1|EN0|
     * </pre>
     */
    public static final class InvSel {
        /** The engines' own caches. */
        public static final BitField EN0 = bit(0);
        /** The cache both engines share. */
        public static final BitField EN1 = bit(1);

        private InvSel() {}
    }

    /**
     * MISC_CTRL.
     *
     * <pre>
     *  31  20 19      18 17      16  4 3       2 1       0
     * |      |AXI mmu1|  |ORD mmu1|   |AXI mmu0| |ORD mmu0| |
     * </pre>
     */
    public static final class MiscCtrl {
        /** Engine 0 writes in order. */
        public static final BitField IN_ORDER_WRITE_0 = bit(1);
        /** Engine 0 keeps to standard AXI. */
        public static final BitField STANDARD_AXI_0 = bit(3);
        /** Engine 1 writes in order. */
        public static final BitField IN_ORDER_WRITE_1 = bit(17);
        /** Engine 1 keeps to standard AXI. */
        public static final BitField STANDARD_AXI_1 = bit(19);

        private MiscCtrl() {}
    }

    /** DCM_DIS: dynamic clock management. */
    public static final class DcmDis {
        /** Clocks are never gated. */
        public static final BitField ALL = bit(8);

        private DcmDis() {}
    }

    /** WR_LEN_CTRL. */
    public static final class WrLenCtrl {
        /** Engine 0 does not throttle writes. */
        public static final BitField THROTTLE_DISABLE_0 = bit(5);
        /** Engine 1 does not throttle writes. */
        public static final BitField THROTTLE_DISABLE_1 = bit(21);

        private WrLenCtrl() {}
    }

    /**
     * VLD_PA_RNG, in units of 1 GiB.
     *
     * <pre>
     *  31  16 15    8 7      0
     * |      |  END  | START  |
     * </pre>
     */
    public static final class VldPaRng {
        /** The first gigabyte. */
        public static final BitField START = bits(7, 0);
        /** The last gigabyte, inclusive. */
        public static final BitField END = bits(15, 8);

        private VldPaRng() {}
    }

    /**
     * INT_CONTROL0; L2_FAULT_ST has bits 6:0 of it.
     *
     * <pre>
     *  31 13 12    11  7  6       5       4    3         2        1    0
     * |     |CLEAR|     |MISS_ERR|PRE_ERR|   |MISS_OVF|PRE_OVF|WALK|MULTI_HIT|
     * </pre>
     */
    public static final class IntControl0 {
        /** Two entries of the shared cache match. */
        public static final BitField MULTI_HIT = bit(0);
        /** A table walk failed. */
        public static final BitField TABLE_WALK = bit(1);
        /** The prefetch queue overflowed. */
        public static final BitField PREFETCH_OVERFLOW = bit(2);
        /** The miss queue overflowed. */
        public static final BitField MISS_OVERFLOW = bit(3);
        /** The prefetch queue is broken. */
        public static final BitField PREFETCH_ERROR = bit(5);
        /** The miss queue is broken. */
        public static final BitField MISS_ERROR = bit(6);
        /** Written as 1: forgets every pending fault. Reads as 0. */
        public static final BitField CLEAR = bit(12);

        private IntControl0() {}
    }

    /**
     * MMU0_FAULT_VA and MMU1_FAULT_VA.
     *
     * <pre>
     *  31          12 11       9 8        6 5  2  1     0
     * |  IOVA[31:12] |IOVA[34:32]|PA[34:32]|    |WRITE|LAYER|
     * </pre>
     *
     * <p>The fields of bits above 31 mean something only on parts that have such addresses.
     */
    public static final class FaultVa {
        /** The layer, which is only ever printed. */
        public static final BitField LAYER = bit(0);
        /** The access was a write. */
        public static final BitField WRITE = bit(1);
        /** Bits 34:32 of the physical address. */
        public static final BitField PA_HIGH = bits(8, 6);
        /** Bits 34:32 of the address. */
        public static final BitField IOVA_HIGH = bits(11, 9);
        /** Bits 31:12 of the address, in place. */
        public static final BitField IOVA = bits(31, 12);

        private FaultVa() {}
    }
}
