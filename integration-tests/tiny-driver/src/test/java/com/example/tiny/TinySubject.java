package com.example.tiny;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.testkit.conformance.DriverSubject;
import java.util.OptionalLong;

/** What the kit must know of the driver. */
record TinySubject(Fault fault) implements DriverSubject {

    @Override
    public Installation install(Surroundings surroundings) {
        TinyIommu hardware = new TinyIommu(surroundings.memory());
        TinyDriver driver = new TinyDriver(
                hardware, surroundings.memory(), surroundings.allocator(), surroundings.locking(), fault);
        return new Installation() {
            @Override
            public IommuDriver driver() {
                return driver;
            }

            @Override
            public OptionalLong translate(Device device, long iova, Access access) {
                return hardware.translate(device.streamId(), iova, access);
            }
        };
    }
}
