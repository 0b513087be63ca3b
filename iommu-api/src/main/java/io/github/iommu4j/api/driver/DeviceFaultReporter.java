package io.github.iommu4j.api.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.fault.FaultEvent;
import org.jspecify.annotations.Nullable;

/** Takes a device's fault from a driver to the core (Linux {@code iommu_report_device_fault}). Thread-safe. */
@FunctionalInterface
public interface DeviceFaultReporter {

    /** Takes no faults: nobody has registered a handler. */
    DeviceFaultReporter NONE = (device, event) -> Errno.EINVAL;

    /**
     * Reports a fault.
     *
     * @param device whose fault it is
     * @param event the fault
     * @return {@code null} when somebody will answer or has answered it; else the reason nobody does, and the driver completes
     *     the fault in releases where {@code KernelRelease} says that the caller does
     */
    @Nullable
    Errno report(Device device, FaultEvent event);
}
