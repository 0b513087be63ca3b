package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.memory.PhysicalMemory;
import java.util.Set;

/** How a unit makes the side that translates. */
@FunctionalInterface
interface TranslationParts {

    /**
     * Makes it, with nothing translated and nothing cached.
     *
     * @param faults where faults go that FPD has not suppressed
     */
    TranslationSide make(
            PhysicalMemory memory, VtdCapabilities capabilities, Set<VtdDeviation> deviations, FaultSink faults);
}
