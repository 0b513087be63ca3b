package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.core.device.DeviceNode;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An open device. A device may be open several times; each file keeps the device, its group's file and the container.
 *
 * <p>Every method but {@link #device} answers {@code EBADF} once the file is closed.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread.
 */
public final class DeviceFile {

    private static final int PCI_REGIONS = 9;
    private static final int PCI_IRQS = 5;

    private final DeviceAccess access;
    private final VfioDevice device;
    private final AtomicBoolean open = new AtomicBoolean(true);

    DeviceFile(DeviceAccess access, VfioDevice device) {
        this.access = access;
        this.device = device;
    }

    private void requireOpen() {
        if (!open.get()) {
            throw new IommuException(Errno.EBADF, "the file of " + device + " is closed");
        }
    }

    /**
     * The device.
     *
     * @return the device
     */
    public DeviceNode device() {
        return device.node();
    }

    /**
     * VFIO_DEVICE_GET_INFO.
     *
     * @return what the device has: 9 regions and 5 kinds of interrupt, as every PCI device
     */
    public DeviceInfo info() {
        requireOpen();
        int reset = access.isResettable(device.node()) ? DeviceInfo.RESET : 0;
        return new DeviceInfo(DeviceInfo.PCI | reset, PCI_REGIONS, PCI_IRQS);
    }

    /**
     * VFIO_DEVICE_RESET.
     *
     * @throws IommuException {@code EINVAL} when the device cannot be reset
     */
    public void reset() {
        requireOpen();
        if (!access.isResettable(device.node())) {
            throw new IommuException(Errno.EINVAL, device + " cannot be reset");
        }
    }

    /**
     * Closes the file. With the last one the device can be unbound, and a group whose own file is closed leaves its
     * container.
     *
     * @throws IommuException {@code EBADF} when it is closed
     */
    public void close() {
        if (!open.compareAndSet(true, false)) {
            throw new IommuException(Errno.EBADF, "the file of " + device + " is closed");
        }
        access.close(device);
    }

    @Override
    public String toString() {
        return "file of " + device;
    }
}
