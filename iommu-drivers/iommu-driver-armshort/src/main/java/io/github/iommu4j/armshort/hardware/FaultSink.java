package io.github.iommu4j.armshort.hardware;

/** Where a face records the faults of its accesses. */
interface FaultSink {

    /**
     * Records a fault. Called with the {@link Translator}'s monitor held; must not raise an interrupt line.
     *
     * @param fault a {@link FaultWord}
     * @param streamId who made the access
     * @param address the address, as the tables are walked for it
     * @param access packed as {@link io.github.iommu4j.api.dma.Access} says
     * @return the fault as {@link io.github.iommu4j.api.dma.Translations} packs it
     */
    long record(long fault, int streamId, long address, int access);
}
