package io.github.iommu4j.core;

import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.core.device.DeviceNode;

/**
 * What the core knows of a device that has an IOMMU (Linux {@code dev_iommu} and {@code group_device}).
 *
 * <p>Changes only under the group's mutex, once the device is in the group.
 */
final class DeviceIommu {

    final DeviceNode device;
    final IommuDriver driver;
    final Group group;
    final int maxPasids;
    String link;
    boolean attachDeferred;
    boolean requiresDirect;

    DeviceIommu(DeviceNode device, IommuDriver driver, Group group) {
        this.device = device;
        this.driver = driver;
        this.group = group;
        this.link = device.name();
        this.maxPasids = driver.maxPasids(device);
        this.attachDeferred = driver.isAttachDeferred(device);
    }
}
