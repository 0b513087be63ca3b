package io.github.iommu4j.core.vfio;

import io.github.iommu4j.core.device.DeviceNode;
import java.util.function.Predicate;

/**
 * How VFIO's modules are loaded. Immutable.
 *
 * @param allowUnsafeInterrupts the initial value of {@code allow_unsafe_interrupts}
 * @param dmaEntryLimit the initial value of {@code dma_entry_limit}: mappings per container, 0 or more
 * @param resettable which devices can be reset by their function
 */
public record VfioOptions(AllowUnsafe allowUnsafeInterrupts, int dmaEntryLimit, Predicate<DeviceNode> resettable) {

    /** As the modules load without parameters; no device can be reset. */
    public static final VfioOptions DEFAULT = new VfioOptions(AllowUnsafe.NO, 65535, device -> false);

    /**
     * The same options with another rule for resets.
     *
     * @param newResettable which devices can be reset by their function
     * @return new options
     */
    public VfioOptions withResettable(Predicate<DeviceNode> newResettable) {
        return new VfioOptions(allowUnsafeInterrupts, dmaEntryLimit, newResettable);
    }
}
