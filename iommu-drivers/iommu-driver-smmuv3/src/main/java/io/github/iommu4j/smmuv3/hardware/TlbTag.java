package io.github.iommu4j.smmuv3.hardware;

/**
 * The part of a TLB entry's tag that is not the address (IHI 0070 §3.17), packed.
 *
 * <pre>
 *  63  62 60 59  58  57 56 55          32 31          16 15           0
 * +---+-----+---+----+-----+-------------+--------------+--------------+
 * | 1 |  0  | G |ASET|world|      0      |     VMID     |     ASID     |
 * +---+-----+---+----+-----+-------------+--------------+--------------+
 * </pre>
 *
 * <p>World: 0 EL1 by VA, 1 EL1 by IPA (stage 2 only), 2 EL2, 3 EL2-E2H. G marks a global entry, which has no ASID.
 * Where ASIDs do not exist G is 0 and the ASID is 0.
 */
final class TlbTag {

    static final int STAGE2 = 1;

    static final long VALID = 1L << 63;
    static final long GLOBAL = 1L << 59;
    static final long ASET = 1L << 58;
    static final int WORLD_SHIFT = 56;
    static final long WORLD = 3L << WORLD_SHIFT;
    /** Set in the EL2 worlds, clear in the EL1 ones. */
    static final long EL2_FAMILY = 2L << WORLD_SHIFT;

    static final int VMID_SHIFT = 16;
    static final long ASID = 0xFFFF;

    private TlbTag() {}

    static long of(int world, int vmid, int asid, int aset) {
        return VALID | (long) world << WORLD_SHIFT | (long) vmid << VMID_SHIFT | asid | (aset != 0 ? ASET : 0);
    }

    static long global(int world, int vmid, int aset) {
        return of(world, vmid, 0, aset) | GLOBAL;
    }

    static long ofStage2(int vmid) {
        return of(STAGE2, vmid, 0, 0);
    }

    static boolean isGlobal(long tag) {
        return (tag & GLOBAL) != 0;
    }
}
