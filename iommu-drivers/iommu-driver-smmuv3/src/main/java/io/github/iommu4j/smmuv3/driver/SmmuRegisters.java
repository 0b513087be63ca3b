package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;

/**
 * The registers of a unit by name. Thread-safe as the region is.
 *
 * @param region both pages of 64 KiB
 */
record SmmuRegisters(MmioRegion region) {

    long read(SmmuRegister register) {
        return region.read(register.offset(), register.width());
    }

    void write(SmmuRegister register, long value) {
        region.write(register.offset(), register.width(), value);
    }
}
