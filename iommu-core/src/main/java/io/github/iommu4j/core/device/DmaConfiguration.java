package io.github.iommu4j.core.device;

import io.github.iommu4j.api.device.DeviceDriver;

/** Sets a device's DMA up around a driver's time (Linux {@code bus_type.dma_configure} and {@code dma_cleanup}). */
public interface DmaConfiguration {

    /** Does nothing: a bus without DMA. */
    DmaConfiguration NONE = new DmaConfiguration() {
        @Override
        public void configure(DeviceNode device, DeviceDriver driver) {}

        @Override
        public void cleanup(DeviceNode device, DeviceDriver driver) {}
    };

    /**
     * A driver is about to be probed. Called with the device's lock held.
     *
     * @param device the device
     * @param driver the driver
     * @throws io.github.iommu4j.api.IommuException when the driver may not have the device; {@link #cleanup} is not
     *     called then
     */
    void configure(DeviceNode device, DeviceDriver driver);

    /**
     * A driver that was configured is gone, or its probe failed. Called with the device's lock held.
     *
     * @param device the device
     * @param driver the driver
     */
    void cleanup(DeviceNode device, DeviceDriver driver);
}
