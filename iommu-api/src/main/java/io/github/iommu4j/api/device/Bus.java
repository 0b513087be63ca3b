package io.github.iommu4j.api.device;

import java.util.List;

/** A bus: devices and the drivers that may bind to them. */
public interface Bus {

    /**
     * The kernel's name.
     *
     * @return {@code platform}, {@code pci}, …
     */
    String name();

    /**
     * The devices present.
     *
     * @return devices in the order they were added; a snapshot
     */
    List<Device> devices();
}
