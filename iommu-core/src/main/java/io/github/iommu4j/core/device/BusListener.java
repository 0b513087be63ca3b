package io.github.iommu4j.core.device;

/** Is told what happens on a bus, on the thread where it happens. */
@FunctionalInterface
public interface BusListener {

    /**
     * Something happened.
     *
     * @param event what
     * @param device to which device
     */
    void onBusEvent(BusEvent event, DeviceNode device);
}
