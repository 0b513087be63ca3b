package io.github.iommu4j.lab.replay.vtd;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.vtd.layout.FaultRecord;
import org.jspecify.annotations.Nullable;

/**
 * What our unit did with one access.
 *
 * @param request the access
 * @param answer what {@code translate} returned
 * @param fault the record in its fault-recording registers, or {@code null}
 */
record Observation(
        DmaRequest request, Translation answer, @Nullable FaultRecord fault) {

    boolean isOk() {
        return answer instanceof Translation.Ok;
    }

    /** Output address; 0 for a fault. */
    long pa() {
        return answer instanceof Translation.Ok ok ? ok.pa() : 0;
    }

    /** The fault's code; 0 when translated. */
    int reason() {
        return answer instanceof Translation.Fault fault ? fault.code() : 0;
    }

    /** For a reader. */
    String text() {
        return isOk() ? "OK 0x" + Long.toHexString(pa()) : String.format("fault 0x%02x", reason());
    }
}
