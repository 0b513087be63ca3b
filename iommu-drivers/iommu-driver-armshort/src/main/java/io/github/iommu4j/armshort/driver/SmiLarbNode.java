package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.memory.MmioRegion;
import org.jspecify.annotations.Nullable;

/**
 * An SMI larb in the device tree.
 *
 * @param name the device's name
 * @param platform what its compatible string says
 * @param registers its window
 * @param smi the common or sub-common it hangs on (property {@code mediatek,smi}), or {@code null} without the property
 * @param larbId its number (property {@code mediatek,larb-id}), or {@code null} when its place in the M4U's list is it
 * @param status whether it is in use (property {@code status})
 */
public record SmiLarbNode(
        String name,
        SmiPlatform platform,
        MmioRegion registers,
        @Nullable String smi,
        @Nullable Integer larbId,
        Status status) {

    /** Whether a node is in use. */
    public enum Status {
        /** It is. */
        OKAY,
        /** It is not, and drivers pass over it. */
        DISABLED
    }

    /**
     * A larb in use that is numbered by its place in the M4U's list.
     *
     * @param name the device's name
     * @param platform what its compatible string says
     * @param registers its window
     * @param smi the common it hangs on
     * @return the node
     */
    public static SmiLarbNode of(String name, SmiPlatform platform, MmioRegion registers, String smi) {
        return new SmiLarbNode(name, platform, registers, smi, null, Status.OKAY);
    }

    /**
     * The same larb with a number.
     *
     * @param id the number
     * @return a node
     */
    public SmiLarbNode withLarbId(int id) {
        return new SmiLarbNode(name, platform, registers, smi, id, status);
    }

    /**
     * The same larb out of use.
     *
     * @return a node
     */
    public SmiLarbNode disabled() {
        return new SmiLarbNode(name, platform, registers, smi, larbId, Status.DISABLED);
    }
}
