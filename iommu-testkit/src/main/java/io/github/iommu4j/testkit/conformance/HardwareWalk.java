package io.github.iommu4j.testkit.conformance;

import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.memory.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * Reads a table as the hardware does, one descriptor of each level, and knows of the format only what the specification
 * says: written apart from the format, so that a wrong bit in one of them is seen.
 */
@FunctionalInterface
public interface HardwareWalk {

    /**
     * What a walk ended at.
     *
     * @param pa the output address
     * @param prot of reading, writing and privilege, what is allowed; {@code null} when this walk does not look at that
     */
    record Found(long pa, @Nullable Prot prot) {}

    /**
     * Translates an address.
     *
     * @param memory the memory as the walker sees it
     * @param root the root's physical address
     * @param iova an input address within the table's input size
     * @return the translation; {@code null} when there is none
     */
    @Nullable
    Found walk(PhysicalMemory memory, long root, long iova);
}
