package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.memory.MmioRegion;
import org.jspecify.annotations.Nullable;

/**
 * An SMI common, or a sub-common, in the device tree.
 *
 * @param name the device's name
 * @param platform what its compatible string says
 * @param registers its window
 * @param smi the common that a sub-common hangs on (property {@code mediatek,smi}); {@code null} for a common
 */
public record SmiCommonNode(
        String name,
        SmiPlatform platform,
        MmioRegion registers,
        @Nullable String smi) {

    /**
     * A common that hangs on nothing.
     *
     * @param name the device's name
     * @param platform what its compatible string says
     * @param registers its window
     * @return the node
     */
    public static SmiCommonNode of(String name, SmiPlatform platform, MmioRegion registers) {
        return new SmiCommonNode(name, platform, registers, null);
    }
}
