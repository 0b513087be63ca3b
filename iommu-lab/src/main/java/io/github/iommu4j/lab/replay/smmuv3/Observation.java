package io.github.iommu4j.lab.replay.smmuv3;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.lab.capture.Expectation;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import org.jspecify.annotations.Nullable;

/**
 * What our unit did with one access.
 *
 * @param request the access
 * @param answer what {@code translate} returned
 * @param event the record it wrote into its event queue in memory, or {@code null}
 */
record Observation(
        DmaRequest request, Translation answer, @Nullable EventRecord event) {

    private static final int READ_WRITE = 3;

    Expectation verdict() {
        if (answer instanceof Translation.Fault fault) {
            return Expectation.fault(fault.code() == 0 ? Expectation.SILENT : fault.name());
        }
        if (answer instanceof Translation.Stalled stalled) {
            return Expectation.fault(stalled.name());
        }
        return Expectation.OK;
    }

    boolean isOk() {
        return answer instanceof Translation.Ok;
    }

    /** Output address; 0 for a fault. */
    long pa() {
        return answer instanceof Translation.Ok ok ? ok.pa() : 0;
    }

    /** Bit 0 read, bit 1 write; 0 for a fault. */
    int permissions() {
        return answer instanceof Translation.Ok ok ? ok.permissions() & READ_WRITE : 0;
    }

    /** Log2 of bytes; 0 for a fault. */
    int sizeLg2() {
        return answer instanceof Translation.Ok ok ? ok.sizeLg2() : 0;
    }
}
