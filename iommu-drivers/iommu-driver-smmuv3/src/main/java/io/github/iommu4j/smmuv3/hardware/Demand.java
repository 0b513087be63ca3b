package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.dma.Access;

/**
 * What is asked of a walk, packed: the permissions without which it ends in F_PERMISSION (bits 5:0, as {@link
 * Permissions}), and the writes that make a clean page dirty where they are permitted (bits 11:6; IHI 0070 §3.13).
 */
final class Demand {

    /** Nothing need be permitted, nothing is written: a prefetch. */
    static final int NOTHING = 0;

    /** The SMMU's read of a CD or of a stage-1 descriptor. */
    static final int TABLE_READ = Permissions.READ;

    private static final int WRITES_SHIFT = 6;

    /** The SMMU's update of a stage-1 descriptor. */
    static final int TABLE_WRITE = Permissions.ANY_WRITE | Permissions.ANY_WRITE << WRITES_SHIFT;

    private Demand() {}

    /** Of an access that needs permissions. */
    static int of(int need) {
        return need | (need & Permissions.ANY_WRITE) << WRITES_SHIFT;
    }

    /**
     * Of an ATS Translation Request: a write is announced unless NW is 1.
     *
     * @param need the permissions without which the walk is given up
     * @param access the request after the STE's overrides
     */
    static int ofTranslationRequest(int need, int access) {
        boolean announced = (access & Access.WRITE_BIT) != 0;
        return announced ? need | Permissions.needed(access & ~Access.READ_BIT) << WRITES_SHIFT : need;
    }

    static int need(int demand) {
        return demand & Permissions.ALL;
    }

    /** Whether a page with some permissions is written. */
    static boolean writes(int demand, int permissions) {
        return (demand >>> WRITES_SHIFT & permissions) != 0;
    }

    /** The same demand of stage 2, when stage 1 grants some permissions. */
    static int behind(int demand, int permissions) {
        return demand & (permissions << WRITES_SHIFT | Permissions.ALL);
    }
}
