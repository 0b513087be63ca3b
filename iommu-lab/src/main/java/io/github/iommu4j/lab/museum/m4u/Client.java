package io.github.iommu4j.lab.museum.m4u;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.DeviceDriver;

/**
 * The driver of one device, which does nothing but bind.
 *
 * @param name the device's name
 */
record Client(String name) implements DeviceDriver {

    @Override
    public boolean matches(Device device) {
        return device.name().equals(name);
    }

    @Override
    public void probe(Device device) {}

    @Override
    public void remove(Device device) {}
}
