package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.driver.DomainOps;

/** The domain that takes a device's ports past the M4U: what detaching was before there was such a domain. */
final class M4uIdentityDomain implements DomainOps {

    private final M4uFamily family;

    M4uIdentityDomain(M4uFamily family) {
        this.family = family;
    }

    @Override
    public void attach(Device device) {
        family.master(device).disable();
    }
}
