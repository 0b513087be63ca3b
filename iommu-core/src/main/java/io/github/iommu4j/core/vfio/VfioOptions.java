package io.github.iommu4j.core.vfio;

import io.github.iommu4j.core.device.DeviceNode;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How VFIO's modules are loaded. Immutable.
 *
 * @param allowUnsafeInterrupts the initial value of {@code allow_unsafe_interrupts}
 * @param dmaEntryLimit the initial value of {@code dma_entry_limit}: mappings per container, 0 or more
 * @param resettable which devices can be reset by their function
 * @param nested where devices' fault regions lie, or {@code null} without the nested series (2019 proposal). The regions also
 *     need a release in which devices have fault handlers, up to 6.8
 */
public record VfioOptions(
        AllowUnsafe allowUnsafeInterrupts,
        int dmaEntryLimit,
        Predicate<DeviceNode> resettable,
        @Nullable Function<DeviceNode, FaultRegion.Place> nested) {

    /** As the modules load without parameters; no device can be reset. */
    public static final VfioOptions DEFAULT = new VfioOptions(AllowUnsafe.NO, 65535, device -> false, null);

    /**
     * The same options with another rule for resets.
     *
     * @param newResettable which devices can be reset by their function
     * @return new options
     */
    public VfioOptions withResettable(Predicate<DeviceNode> newResettable) {
        return new VfioOptions(allowUnsafeInterrupts, dmaEntryLimit, newResettable, nested);
    }

    /**
     * The same options with the controls and fault regions of the nested series (2019 proposal).
     *
     * @param places where a device's fault region lies; asked whenever the device is opened
     * @return new options
     */
    public VfioOptions withNested(Function<DeviceNode, FaultRegion.Place> places) {
        return new VfioOptions(allowUnsafeInterrupts, dmaEntryLimit, resettable, places);
    }
}
