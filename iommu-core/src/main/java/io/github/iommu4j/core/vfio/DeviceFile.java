package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.core.device.DeviceNode;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

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
    private static final int PRODUCER_REGION = PCI_REGIONS;
    private static final int CONSUMER_REGION = PCI_REGIONS + 1;
    private static final int FAULT_REGIONS = 2;

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
     * @return what the device has: 9 regions and 5 kinds of interrupt, as every PCI device; two more regions with the nested
     *     series (2019 proposal)
     */
    public DeviceInfo info() {
        requireOpen();
        int reset = access.isResettable(device.node()) ? DeviceInfo.RESET : 0;
        int more = device.faultRegion() == null ? 0 : FAULT_REGIONS;
        return new DeviceInfo(DeviceInfo.PCI | reset, PCI_REGIONS + more, PCI_IRQS);
    }

    /**
     * VFIO_DEVICE_GET_REGION_INFO.
     *
     * @param index which region: the first nine are the PCI device's own and have no size here, then come the producer and the
     *     consumer fault region
     * @return what it is
     * @throws IommuException {@code EINVAL} for a region that is not there
     */
    public RegionInfo regionInfo(int index) {
        requireOpen();
        if (index >= 0 && index < PCI_REGIONS) {
            return new RegionInfo(0, 0, null);
        }
        requireFaultRegion();
        return switch (index) {
            case PRODUCER_REGION ->
                new RegionInfo(
                        RegionInfo.READ | RegionInfo.MMAP,
                        FaultRegion.PRODUCER_BYTES,
                        new RegionInfo.FaultAbis(1, FaultRegion.NEWEST_ABI));
            case CONSUMER_REGION -> new RegionInfo(RegionInfo.WRITE, FaultRegion.CONSUMER_BYTES, null);
            default -> throw new IommuException(Errno.EINVAL, "no region " + index);
        };
    }

    /**
     * Reads a word of a region; through a mapping it is the same.
     *
     * @param index which region: only the producer fault region can be read
     * @param offset bytes, a multiple of 8
     * @return the word
     * @throws IommuException {@code EINVAL} for another region or offset
     */
    public long readRegion(int index, int offset) {
        requireOpen();
        if (index != PRODUCER_REGION) {
            throw new IommuException(Errno.EINVAL, "region " + index + " cannot be read");
        }
        return requireFaultRegion().readProducer(offset);
    }

    /**
     * Writes a word of a region.
     *
     * @param index which region: only the consumer fault region can be written
     * @param offset bytes, as {@link FaultRegion#writeConsumer} says
     * @param value the word
     * @throws IommuException {@code EINVAL} for another region, and as {@link FaultRegion#writeConsumer}
     */
    public void writeRegion(int index, int offset, int value) {
        requireOpen();
        if (index != CONSUMER_REGION) {
            throw new IommuException(Errno.EINVAL, "region " + index + " cannot be written");
        }
        requireFaultRegion().writeConsumer(offset, value);
    }

    /**
     * VFIO_DEVICE_SET_IRQS for the fault interrupt: what is signalled after each fault that was recorded.
     *
     * @param trigger an eventfd, or {@code null} for none
     * @throws IommuException {@code EINVAL} without a fault region
     */
    public void setFaultTrigger(@Nullable Runnable trigger) {
        requireOpen();
        requireFaultRegion().setTrigger(trigger);
    }

    private FaultRegion requireFaultRegion() {
        FaultRegion region = device.faultRegion();
        if (region == null) {
            throw new IommuException(Errno.EINVAL, device + " has no fault region");
        }
        return region;
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
