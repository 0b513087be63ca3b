package io.github.iommu4j.api.device;

/** A driver that binds to devices of one bus. */
public interface DeviceDriver {

    /**
     * The kernel's name.
     *
     * @return such as {@code e1000e}
     */
    String name();

    /**
     * Whether the driver's tables name a device.
     *
     * @param device a device of the driver's bus
     * @return {@code true} when the driver would take it
     */
    boolean matches(Device device);

    /**
     * Starts driving a device. Called with the device's lock held, after its DMA was configured.
     *
     * @param device the device
     * @throws io.github.iommu4j.api.IommuException when the driver refuses; {@code EPROBE_DEFER} to be asked again later
     */
    void probe(Device device);

    /**
     * Stops driving a device. Called with the device's lock held; may wait for users to leave.
     *
     * @param device the device
     */
    void remove(Device device);

    /**
     * Whether the driver does not use the kernel's DMA API itself, so that a user may own the group while it is bound
     * (Linux {@code driver_managed_dma}): vfio-pci, pci-stub, pcieport.
     *
     * @return {@code true} for such drivers
     */
    default boolean managesDma() {
        return false;
    }
}
