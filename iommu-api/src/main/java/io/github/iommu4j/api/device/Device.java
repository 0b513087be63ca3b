package io.github.iommu4j.api.device;

import org.jspecify.annotations.Nullable;

/**
 * A device. Compared by identity: a device that is removed and found again is another device.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread.
 */
public interface Device {

    /**
     * The kernel's name, unique on its bus.
     *
     * @return such as {@code 0000:00:02.0}
     */
    String name();

    /**
     * The bus.
     *
     * @return the bus, or {@code null} for a device without one
     */
    @Nullable
    Bus bus();

    /**
     * The parent device.
     *
     * @return the bridge or controller above, or {@code null} at a root
     */
    @Nullable
    Device parent();

    /**
     * The bound driver.
     *
     * @return the driver, or {@code null}
     */
    @Nullable
    DeviceDriver driver();

    /**
     * How the device is named to its IOMMU.
     *
     * @return the firmware's description, or {@code null} before there is one
     */
    @Nullable
    FwSpec fwSpec();

    /**
     * Describes how the device is named to its IOMMU.
     *
     * @param fwSpec the description, or {@code null} to forget it
     */
    void setFwSpec(@Nullable FwSpec fwSpec);

    /**
     * The StreamID or requester ID of the device's own DMA.
     *
     * @return an unsigned number
     */
    int streamId();
}
