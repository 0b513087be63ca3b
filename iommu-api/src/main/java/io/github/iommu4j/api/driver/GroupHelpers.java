package io.github.iommu4j.api.driver;

import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.device.Device;

/** The core's answers to "which group is this device's", for drivers to choose from. Each returns a reference. */
public interface GroupHelpers {

    /**
     * A fresh group for each device ({@code generic_device_group}).
     *
     * @param device the device
     * @return a new group
     */
    IommuGroup generic(Device device);

    /**
     * One group for all devices of an IOMMU ({@code generic_single_device_group}).
     *
     * @param device the device
     * @return the IOMMU's only group
     */
    IommuGroup single(Device device);

    /**
     * The group a PCI function shares with whatever the fabric cannot isolate from it ({@code pci_device_group}).
     *
     * @param device a PCI function
     * @return an existing or a new group
     */
    IommuGroup pci(Device device);
}
