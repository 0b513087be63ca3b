package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.DeviceDriver;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.topology.PciFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A PCI driver made of a table of ids and, if wanted, a probe of its own. Confined to who builds it, then immutable. */
public final class TableDriver implements DeviceDriver {

    private record Id(int vendor, int device, int classCode, int classMask) {

        private static final int ANY = -1;

        boolean names(PciFunction function) {
            return (vendor == ANY || vendor == function.vendor())
                    && (device == ANY || device == function.device())
                    && ((function.classCode() ^ classCode) & classMask) == 0;
        }
    }

    /** Who uses the kernel's DMA API. */
    public enum Dma {
        /** The driver: no user may own the group meanwhile. */
        KERNEL_API,
        /** Nobody, or users: Linux {@code driver_managed_dma}. */
        MANAGED_BY_DRIVER
    }

    private final String name;
    private final Dma dma;
    private final List<Id> ids = new ArrayList<>();
    private Consumer<Device> probe = device -> {};

    /**
     * A driver without ids, whose probe always succeeds.
     *
     * @param name the kernel's name
     * @param dma who uses the DMA API
     */
    public TableDriver(String name, Dma dma) {
        this.name = name;
        this.dma = dma;
    }

    /**
     * Adds a vendor and a device number.
     *
     * @param vendor 16 bits
     * @param device 16 bits
     * @return this driver
     */
    public TableDriver id(int vendor, int device) {
        ids.add(new Id(vendor, device, 0, 0));
        return this;
    }

    /**
     * Adds every device of a vendor.
     *
     * @param vendor 16 bits
     * @return this driver
     */
    public TableDriver vendor(int vendor) {
        ids.add(new Id(vendor, Id.ANY, 0, 0));
        return this;
    }

    /**
     * Adds a class.
     *
     * @param classCode 24 bits
     * @param mask which of them count
     * @return this driver
     */
    public TableDriver classId(int classCode, int mask) {
        ids.add(new Id(Id.ANY, Id.ANY, classCode, mask));
        return this;
    }

    /**
     * Sets what happens at probe time.
     *
     * @param action may refuse by throwing an {@link io.github.iommu4j.api.IommuException}
     * @return this driver
     */
    public TableDriver probing(Consumer<Device> action) {
        probe = action;
        return this;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean matches(Device device) {
        PciFunction function = device instanceof DeviceNode node ? node.pciFunction() : null;
        return function != null && ids.stream().anyMatch(id -> id.names(function));
    }

    @Override
    public void probe(Device device) {
        probe.accept(device);
    }

    @Override
    public void remove(Device device) {}

    @Override
    public boolean managesDma() {
        return dma == Dma.MANAGED_BY_DRIVER;
    }
}
