package io.github.iommu4j.smmuv3.hardware;

/**
 * What commands do to the caches (IHI 0070 §4.2-4.4). Every method has removed what it names from every cache when it
 * returns, and no translation that starts later uses it.
 */
interface Invalidation {

    /** CMD_CFGI_STE: the STE, and every CD and L1CD reached through it; without {@code leafOnly} its L1STD too. */
    void ste(int streamId, boolean leafOnly);

    /** CMD_CFGI_STE_RANGE: 2^(range+1) StreamIDs, naturally aligned; range 31 is CMD_CFGI_ALL. */
    void steRange(int streamId, int range);

    /** CMD_CFGI_CD: one CD; without {@code leafOnly} its L1CD too. */
    void cd(int streamId, int substreamId, boolean leafOnly);

    /** CMD_CFGI_CD_ALL: all CDs and L1CDs of a stream. */
    void cdAll(int streamId);

    /** Any CMD_TLBI_*. */
    void tlb(TlbInvalidation request);
}
