package io.github.iommu4j.api.dma;

import io.github.iommu4j.api.memory.MmioRegion;

/**
 * The hardware half of an IOMMU: registers that a driver programs, and translation of DMA.
 *
 * <p>A unit knows nothing but its registers, its queues and what it reads from memory; its caches are real and only
 * the architecture's invalidations clear them. Nothing a guest writes makes a method throw, loop or read outside the
 * memory it was given. Many units may live in one process; they share no state.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread at the same time. A translation that starts after
 * an invalidation was completed (the architecture's synchronisation command was consumed) never uses what was
 * invalidated; one that overlaps the invalidation gives the old or the new answer.
 */
public interface TranslationUnit {

    /** Stands for "no SubstreamID, no PASID". */
    int NO_SUBSTREAM = -1;

    /**
     * Translates without allocating: the call for hot loops. A fault is recorded as the architecture says before this
     * returns.
     *
     * @param streamId StreamID or requester ID, unsigned 32 bits
     * @param substreamId SubstreamID or PASID, 0 to 2<sup>20</sup>-1, or {@link #NO_SUBSTREAM}
     * @param iova the address the device uses, 64 bits as received
     * @param accessBits what the access does, packed as {@link Access} says
     * @return the packed answer, to be read with {@link Translations}
     */
    long translate(int streamId, int substreamId, long iova, int accessBits);

    /**
     * Translates an unprivileged access without a substream, without allocating.
     *
     * @param streamId StreamID or requester ID, unsigned 32 bits
     * @param iova the address the device uses, 64 bits as received
     * @param access what the access does
     * @return the packed answer, to be read with {@link Translations}
     */
    default long translate(int streamId, long iova, Access access) {
        return translate(streamId, NO_SUBSTREAM, iova, access.bits());
    }

    /**
     * Translates, with the answer as a value.
     *
     * @param request the access
     * @return the translation or the fault
     */
    Translation translate(DmaRequest request);

    /**
     * Explains a translation: walks cold, past every cache, and lists every read. Changes nothing: no cache is filled,
     * no event is written, no descriptor is updated.
     *
     * @param request the access
     * @return the reads in order, the answer and the event record the answer would write
     */
    Explanation explain(DmaRequest request);

    /**
     * The register window a guest's driver programs.
     *
     * @return the same region on every call
     */
    MmioRegion registers();

    /**
     * Does one unit of queued work: consumes at most one command.
     *
     * @return {@code true} when something was done, {@code false} when there was nothing to do or the queue is stopped
     */
    boolean step();
}
