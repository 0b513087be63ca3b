package io.github.iommu4j.api.fault;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.device.Device;
import org.jspecify.annotations.Nullable;

/** Takes a device's faults (Linux 5.3 to 6.8 {@code iommu_dev_fault_handler_t}). Called from any thread. */
@FunctionalInterface
public interface DeviceFaultHandler {

    /**
     * Takes a fault. A page request that is taken must be answered later.
     *
     * @param device whose fault it is
     * @param event the fault
     * @return {@code null} when it was taken, else the reason it was not: the reporter completes the fault then
     */
    @Nullable
    Errno onFault(Device device, FaultEvent event);
}
