package io.github.iommu4j.vtd.hardware;

/**
 * What a unit's registers, queues and interrupts have done since it was built; a reset does not clear it. Immutable.
 *
 * @param faults faults that were reported
 * @param queues what passed through the queues
 * @param interrupts interrupts of devices
 */
public record VtdCounters(Faults faults, Queues queues, Interrupts interrupts) {

    /**
     * Faults that were reported.
     *
     * @param recorded that got a record
     * @param collapsed that another record of the same source stood for
     * @param lost that found no free record, or FSTS_REG.PFO set
     */
    public record Faults(long recorded, long collapsed, long lost) {}

    /**
     * What passed through the queues.
     *
     * @param descriptors invalidation descriptors that were executed
     * @param pageRequests page requests that were queued
     * @param pageRequestsLost page requests that were refused or dropped
     */
    public record Queues(long descriptors, long pageRequests, long pageRequestsLost) {}

    /**
     * Interrupts of devices.
     *
     * @param delivered that went to a processor, as they were or remapped
     * @param posted that were posted to a descriptor
     * @param blocked that were blocked
     * @param entryHits uses of a cached entry
     * @param entryMisses entries that were fetched
     */
    public record Interrupts(long delivered, long posted, long blocked, long entryHits, long entryMisses) {}
}
