package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.memory.MmioRegion;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An M4U in the device tree.
 *
 * @param name the device's name
 * @param platform what its compatible string says
 * @param registers its window
 * @param larbs the names of its larbs (property {@code mediatek,larbs}), in order
 * @param resources what else it needs
 */
public record M4uNode(
        String name, M4uPlatform platform, MmioRegion registers, List<String> larbs, Resources resources) {

    /** Copies the list. */
    public M4uNode {
        larbs = List.copyOf(larbs);
    }

    /**
     * Interrupt, clock and infrastructure block of an M4U.
     *
     * @param irq the interrupt line, or {@code null} without the property
     * @param bclk the clock, or {@code null} without the property
     * @param infracfg finds the window of the block that tells of 4 GiB mode; throws {@code EPROBE_DEFER} while the
     *     block has no driver
     */
    public record Resources(@Nullable IrqLine irq, @Nullable PowerSwitch bclk, Supplier<MmioRegion> infracfg) {

        /**
         * An interrupt line, a clock that is always on, and no infrastructure block.
         *
         * @param irq the line
         * @return the resources
         */
        public static Resources of(IrqLine irq) {
            return new Resources(irq, PowerSwitch.ALWAYS_ON, Resources::missing);
        }

        private static MmioRegion missing() {
            throw new IommuException(Errno.ENODEV, "no infracfg in the device tree");
        }

        /**
         * The same with an infrastructure block.
         *
         * @param block finds its window
         * @return resources
         */
        public Resources withInfracfg(Supplier<MmioRegion> block) {
            return new Resources(irq, bclk, block);
        }

        /**
         * The same with another clock.
         *
         * @param clock the clock, or {@code null} for none
         * @return resources
         */
        public Resources withBclk(@Nullable PowerSwitch clock) {
            return new Resources(irq, clock, infracfg);
        }
    }
}
