package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.DeviceDriver;

/** The driver of one device by its name. */
record ClientDriver(String name) implements DeviceDriver {

    @Override
    public boolean matches(Device device) {
        return device.name().equals(name);
    }

    @Override
    public void probe(Device device) {}

    @Override
    public void remove(Device device) {}
}
