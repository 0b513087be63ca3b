package io.github.iommu4j.core.device;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.DeviceDriver;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.core.topology.PciFunction;
import org.jspecify.annotations.Nullable;

/**
 * A device of a {@link BusType}.
 *
 * <p>The driver, the override and the firmware's description change only under the device's lock ({@code &dev->mutex});
 * reading them needs none.
 */
public final class DeviceNode implements Device {

    /** The class of every device's lock. */
    public static final LockClass LOCK_CLASS = new LockClass("&dev->mutex", LockClass.Validation.NONE);

    private final String name;
    private final @Nullable BusType bus;
    private final @Nullable DeviceNode parent;
    private final int streamId;
    private final @Nullable PciFunction pciFunction;
    private final Mutex mutex;
    private volatile @Nullable DeviceDriver driver;
    private volatile @Nullable DeviceDriver shownDriver;
    private volatile @Nullable String driverOverride;
    private volatile @Nullable FwSpec fwSpec;
    private volatile boolean present;

    DeviceNode(Locking locking, @Nullable BusType bus, Identity identity) {
        this.name = identity.name();
        this.bus = bus;
        this.parent = identity.parent();
        this.streamId = identity.streamId();
        this.pciFunction = identity.pciFunction();
        this.mutex = locking.mutex(LOCK_CLASS);
    }

    /**
     * Who a device is.
     *
     * @param name the kernel's name, unique on its bus
     * @param parent the device above, or {@code null}
     * @param streamId how its DMA is named, an unsigned number
     * @param pciFunction the PCI function it is, or {@code null}
     */
    public record Identity(
            String name,
            @Nullable DeviceNode parent,
            int streamId,
            @Nullable PciFunction pciFunction) {

        /**
         * A device that is no PCI function, at a root.
         *
         * @param name the kernel's name
         * @param streamId how its DMA is named
         * @return the identity
         */
        public static Identity of(String name, int streamId) {
            return new Identity(name, null, streamId, null);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public @Nullable BusType bus() {
        return bus;
    }

    @Override
    public @Nullable DeviceNode parent() {
        return parent;
    }

    @Override
    public @Nullable DeviceDriver driver() {
        return driver;
    }

    /**
     * The driver that user space sees: gone as soon as unbinding begins, while {@link #driver()} stays until it ends.
     *
     * @return the driver, or {@code null}
     */
    public @Nullable DeviceDriver shownDriver() {
        return shownDriver;
    }

    /**
     * The only driver that may bind.
     *
     * @return its name, or {@code null} for any that matches
     */
    public @Nullable String driverOverride() {
        return driverOverride;
    }

    @Override
    public @Nullable FwSpec fwSpec() {
        return fwSpec;
    }

    @Override
    public void setFwSpec(@Nullable FwSpec newFwSpec) {
        fwSpec = newFwSpec;
    }

    @Override
    public int streamId() {
        return streamId;
    }

    /**
     * The PCI function this device is.
     *
     * @return the function, or {@code null} for a device of another bus
     */
    public @Nullable PciFunction pciFunction() {
        return pciFunction;
    }

    /**
     * The device's lock, {@code device_lock}.
     *
     * @return the mutex
     */
    public Mutex mutex() {
        return mutex;
    }

    /**
     * Whether the device is on its bus.
     *
     * @return {@code false} once it was removed
     */
    public boolean isPresent() {
        return present;
    }

    void setPresent(boolean nowPresent) {
        present = nowPresent;
    }

    void setDriver(@Nullable DeviceDriver newDriver) {
        mutex.assertHeld();
        driver = newDriver;
    }

    void showDriver(@Nullable DeviceDriver newDriver) {
        mutex.assertHeld();
        shownDriver = newDriver;
    }

    void setDriverOverride(@Nullable String driverName) {
        mutex.assertHeld();
        driverOverride = driverName;
    }

    @Override
    public String toString() {
        return name;
    }
}
