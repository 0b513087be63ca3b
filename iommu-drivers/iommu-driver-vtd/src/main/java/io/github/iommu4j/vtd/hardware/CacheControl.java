package io.github.iommu4j.vtd.hardware;

/**
 * What invalidation commands take out of the caches (Intel VT-d §6.5.2). Each call has taken effect when it returns: no
 * translation that begins later uses what it took out. Thread-safe.
 */
interface CacheControl {

    /** Everything of every cache but that of interrupt entries. */
    void everything();

    /** Every context entry. */
    void contextGlobal();

    /** Context entries of a domain: those of legacy mode; scalable ones have no domain and all go. */
    void contextDomain(int did);

    /** Context entries of the functions that a source-id names under a function mask, 0 to 3. */
    void contextDevice(int did, int sid, int functionMask);

    /** Every PASID directory and table entry. */
    void pasidGlobal();

    /** PASID table entries of a domain. */
    void pasidDomain(int did);

    /** PASID table entries of a domain and a PASID, of every device. */
    void pasid(int did, int pasid);

    /** Every translation, with all paging structures. */
    void iotlbGlobal();

    /** Every translation of a domain. */
    void iotlbDomain(int did);

    /**
     * Translations of a domain: second-stage and pass-through ones that overlap 2^am pages, and all that have a first stage.
     *
     * @param address its low {@code am} page bits are ignored
     * @param am log2 of the pages; 52 and more means all
     * @param leavesOnly paging structures above leaves may stay (IH)
     */
    void iotlbPages(int did, long address, int am, boolean leavesOnly);

    /** Every translation of a domain and a PASID. */
    void pasidIotlb(int did, int pasid);

    /** Translations of a domain and a PASID that have a first stage and overlap 2^am pages; others stay. */
    void pasidIotlbPages(int did, int pasid, long address, int am, boolean leavesOnly);
}
