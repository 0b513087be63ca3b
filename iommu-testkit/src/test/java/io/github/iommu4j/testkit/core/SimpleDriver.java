package io.github.iommu4j.testkit.core;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.DeviceDriver;
import org.jspecify.annotations.Nullable;

/** A device's driver that binds only where it is told to by {@code driver_override}. */
final class SimpleDriver implements DeviceDriver {

    private final String name;
    private final boolean managesDma;
    private final @Nullable Errno refusal;

    private SimpleDriver(String name, boolean managesDma, @Nullable Errno refusal) {
        this.name = name;
        this.managesDma = managesDma;
        this.refusal = refusal;
    }

    /** Uses the DMA API. */
    static SimpleDriver nativeDriver(String name) {
        return new SimpleDriver(name, false, null);
    }

    /** Leaves DMA to others. */
    static SimpleDriver harmless(String name) {
        return new SimpleDriver(name, true, null);
    }

    /** Uses the DMA API and refuses every device. */
    static SimpleDriver refusing(String name, Errno errno) {
        return new SimpleDriver(name, false, errno);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean matches(Device device) {
        return false;
    }

    @Override
    public void probe(Device device) {
        if (refusal != null) {
            throw new IommuException(refusal, name + " refuses " + device.name());
        }
    }

    @Override
    public void remove(Device device) {}

    @Override
    public boolean managesDma() {
        return managesDma;
    }
}
