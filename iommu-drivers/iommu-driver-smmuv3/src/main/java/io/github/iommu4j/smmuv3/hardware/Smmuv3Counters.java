package io.github.iommu4j.smmuv3.hardware;

/**
 * What an SMMU's translation path has done so far. Immutable.
 *
 * <p>Exact when one thread translates at a time; with several, two threads that share a counter may lose a count now
 * and then. A translation that an invalidation overtakes starts again and counts again.
 *
 * @param tlbHits translations answered by the IOTLB
 * @param tlbMisses translations that had to walk tables
 * @param configHits translations whose configuration was cached
 * @param configMisses translations whose STE or CD had to be read
 * @param walks walks of translation tables begun, prefetches included
 * @param descriptorFetches translation table descriptors read, of both stages
 * @param structureFetches L1STDs, STEs, L1CDs and CDs read
 * @param faults translations that ended in a fault or a silent abort
 */
public record Smmuv3Counters(
        long tlbHits,
        long tlbMisses,
        long configHits,
        long configMisses,
        long walks,
        long descriptorFetches,
        long structureFetches,
        long faults) {}
