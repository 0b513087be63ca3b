package io.github.iommu4j.core.fault;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.PageResponse;

/** Gets one page for a device, from a work queue: no lock is held. Thread-safe. */
@FunctionalInterface
public interface PageRequestHandler {

    /**
     * Gets the page.
     *
     * @param device who asks
     * @param request what for
     * @return {@code SUCCESS} when the device can try again
     */
    PageResponse.Code handle(Device device, PageRequest request);
}
