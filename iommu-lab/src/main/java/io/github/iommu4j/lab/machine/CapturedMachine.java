package io.github.iommu4j.lab.machine;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.core.memory.SparseMemory;

/** The machine of a capture, running again. Not thread-safe. */
public interface CapturedMachine {

    /** Whether answers are kept. Captures speak of tables, so that mostly they are not. */
    enum Caching {
        /** Every access reads the tables. */
        OFF,
        /** As the hardware does it. */
        ON
    }

    /**
     * Translates without looking at fault records, which are thrown away.
     *
     * @param streamId StreamID, or source-id
     * @param substreamId SubstreamID or PASID, or {@link TranslationUnit#NO_SUBSTREAM}
     * @param iova input address
     * @param access what the access does, unprivileged
     * @return the packed answer, see {@link io.github.iommu4j.api.dma.Translations}
     */
    long translate(int streamId, int substreamId, long iova, Access access);

    /**
     * Explains an access, cold; nothing changes.
     *
     * @param request the access
     * @return every read and the answer
     */
    Explanation explain(DmaRequest request);

    /**
     * The machine's memory.
     *
     * @return the memory the unit reads
     */
    SparseMemory memory();

    /**
     * The hardware half.
     *
     * @return the unit, which has the captured registers
     */
    TranslationUnit unit();
}
