package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.driver.DomainOps;

/**
 * A domain without a table: everything passes, or nothing.
 *
 * @param devices who attaches
 * @param target where requests go
 */
record FixedDomain(DeviceAttach devices, StreamTarget.Fixed target) implements DomainOps {

    @Override
    public void attach(Device device) {
        devices.attach(device, target);
    }
}
