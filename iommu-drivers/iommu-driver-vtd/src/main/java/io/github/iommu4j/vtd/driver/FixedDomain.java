package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.driver.DomainOps;
import java.util.function.Consumer;

/** A domain without a table: everything passes, or nothing. */
final class FixedDomain implements DomainOps {

    private final Consumer<Device> attaching;

    /** @param attaching what attaching does */
    FixedDomain(Consumer<Device> attaching) {
        this.attaching = attaching;
    }

    @Override
    public void attach(Device device) {
        attaching.accept(device);
    }
}
