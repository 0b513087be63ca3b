package io.github.iommu4j.core.dmabuf;

import io.github.iommu4j.api.device.Device;

/**
 * How devices come to memory: their DMA mapping (Linux {@code dma_map_sgtable} and the operations behind it). {@link
 * DirectMapper} is for devices without an IOMMU.
 *
 * <p><b>Thread-safety:</b> every method may be called from any thread.
 */
public interface DmaMapper {

    /**
     * Says how wide a device's addresses are (Linux {@code dma_set_mask_and_coherent}).
     *
     * @param device the device
     * @param bits 1 to 64
     * @throws io.github.iommu4j.api.IommuException {@code EIO} when the platform cannot give it memory that it reaches
     */
    default void setMask(Device device, int bits) {}

    /**
     * Makes memory visible to a device.
     *
     * @param device the device
     * @param list the memory
     * @param direction which way data will go
     * @return the list with the device's ranges
     * @throws io.github.iommu4j.api.IommuException {@code EIO} when the device does not reach the memory, {@code ENOMEM}
     *     when there are no addresses left; nothing is mapped then
     */
    ScatterList map(Device device, ScatterList list, DmaDirection direction);

    /**
     * Takes memory away from a device again.
     *
     * @param device the device
     * @param list what {@link #map} returned
     * @param direction as it was mapped
     */
    void unmap(Device device, ScatterList list, DmaDirection direction);
}
