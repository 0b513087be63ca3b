package io.github.iommu4j.core.vfio;

import io.github.iommu4j.core.device.DeviceNode;

/** An open device file. */
@SuppressWarnings("DoNotCallSuggester")
public final class DeviceFile {

    DeviceFile() {}

    /** The device. */
    public DeviceNode device() {
        throw new UnsupportedOperationException();
    }

    /** VFIO_DEVICE_GET_INFO. */
    public DeviceInfo info() {
        throw new UnsupportedOperationException();
    }

    /** VFIO_DEVICE_RESET. */
    public void reset() {}

    /** Closes the file. */
    public void close() {}
}
