package io.github.iommu4j.api;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.Access;
import org.jspecify.annotations.Nullable;

/** A domain's fault handler (Linux {@code iommu_set_fault_handler}). May be called from any thread. */
@FunctionalInterface
public interface FaultHandler {

    /**
     * Answers one fault.
     *
     * @param domain the domain the access went to
     * @param device the device, or {@code null} when unknown
     * @param iova the address
     * @param access what the access did
     * @return {@code null} when handled, else the reason it is not; {@link Errno#ENOSYS} means "not mine"
     */
    @Nullable
    Errno onFault(IommuDomain domain, @Nullable Device device, long iova, Access access);
}
