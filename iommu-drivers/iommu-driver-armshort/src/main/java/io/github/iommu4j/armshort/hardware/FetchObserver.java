package io.github.iommu4j.armshort.hardware;

/** Sees every read a walk makes. The hot path has none; an explanation has one. */
interface FetchObserver {

    /**
     * A descriptor was read.
     *
     * @param level 1 or 2
     * @param address where it stands
     * @param raw its bits, in the processor's order
     */
    void fetched(int level, long address, int raw);

    /** A descriptor could not be read. */
    void aborted(int level, long address);
}
