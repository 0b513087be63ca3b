package io.github.iommu4j.testkit.conformance;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.PhysicalMemory;
import java.util.List;

/**
 * What {@link TranslationUnitConformance} must know of an implementation.
 *
 * <p>Every method may be called many times; each call stands alone.
 */
public interface TranslationUnitSubject {

    /** What a unit does with DMA before its driver has programmed it. */
    enum BeforeProgramming {
        /** Addresses pass unchanged, with every permission. */
        PASSES,
        /** Everything is aborted, and nothing is recorded. */
        ABORTS
    }

    /**
     * What the unit does after reset.
     *
     * @return the answer for every access
     */
    BeforeProgramming beforeProgramming();

    /**
     * A unit as it is after reset.
     *
     * @param memory the machine's memory
     * @return a new unit
     */
    TranslationUnit afterReset(PhysicalMemory memory);

    /**
     * Programs a unit as a driver would: writes tables, enables translation and the recording of faults.
     *
     * @param unit what {@link #afterReset(PhysicalMemory)} made
     * @param memory the memory it was made with
     * @return accesses that go through to different places, and accesses that fault
     */
    Traffic program(TranslationUnit unit, PhysicalMemory memory);

    /**
     * Accesses of known fate.
     *
     * @param translated accesses that go through
     * @param faulting accesses that fault
     */
    record Traffic(List<DmaRequest> translated, List<DmaRequest> faulting) {

        /** Copies the lists. */
        public Traffic {
            translated = List.copyOf(translated);
            faulting = List.copyOf(faulting);
        }
    }
}
