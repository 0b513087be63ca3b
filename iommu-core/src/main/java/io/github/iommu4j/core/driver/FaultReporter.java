package io.github.iommu4j.core.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.Access;
import org.jspecify.annotations.Nullable;

/** Takes a fault to the handler of a domain, as {@code IommuCore.reportFault} does. */
@FunctionalInterface
public interface FaultReporter {

    /** There are no handlers. */
    FaultReporter NONE = (domain, device, iova, access) -> Errno.ENOSYS;

    /**
     * Reports a fault.
     *
     * @param domain the domain
     * @param device who made the request
     * @param iova the address, or the page where the unit tells no more
     * @param access what the request was
     * @return {@code null} when it was handled; {@code ENOSYS} without a handler
     */
    @Nullable
    Errno report(IommuDomain domain, Device device, long iova, Access access);
}
