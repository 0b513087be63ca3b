package io.github.iommu4j.core.device;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Bus;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.DeviceDriver;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A bus with its devices and drivers, and what sysfs offers of it: {@code bind}, {@code unbind}, {@code drivers_probe},
 * {@code driver_override}, {@code new_id}, {@code remove_id}.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread; those that bind or unbind take the device's lock
 * and may wait for a driver.
 */
public final class BusType implements Bus {

    private static final LockClass LIST_CLASS = new LockClass("&k->k_lock");

    private final String name;
    private final Locking locking;
    private final SpinLock listLock;
    private final Map<String, DeviceNode> devices = new LinkedHashMap<>();
    private final Map<String, DeviceDriver> drivers = new LinkedHashMap<>();
    private final Map<String, DynamicIds> dynamicIds = new LinkedHashMap<>();
    private final List<BusListener> listeners = new CopyOnWriteArrayList<>();
    private final DeferredProbe deferred;
    private volatile DmaConfiguration dma = DmaConfiguration.NONE;
    private volatile DriverReport report = DriverReport.SILENT;
    private final DriverBinding binding = new DriverBinding(
            new DmaConfiguration() {
                @Override
                public void configure(DeviceNode device, DeviceDriver driver) {
                    dma.configure(device, driver);
                }

                @Override
                public void cleanup(DeviceNode device, DeviceDriver driver) {
                    dma.cleanup(device, driver);
                }
            },
            this::tell,
            refusal -> report().probeFailed(refusal));

    /**
     * An empty bus.
     *
     * @param name the kernel's name
     * @param locking where its locks come from
     * @param deferred where devices wait whose driver asked to be probed later
     */
    public BusType(String name, Locking locking, DeferredProbe deferred) {
        this.name = name;
        this.locking = locking;
        this.listLock = locking.spinLock(LIST_CLASS);
        this.deferred = deferred;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<Device> devices() {
        return locked(() -> List.copyOf(devices.values()));
    }

    /**
     * The devices present.
     *
     * @return devices in the order they were added; a snapshot
     */
    public List<DeviceNode> nodes() {
        return locked(() -> List.copyOf(devices.values()));
    }

    /**
     * Finds a device.
     *
     * @param deviceName the kernel's name
     * @return the device, or {@code null}
     */
    public @Nullable DeviceNode find(String deviceName) {
        return locked(() -> devices.get(deviceName));
    }

    /**
     * Finds a driver.
     *
     * @param driverName the kernel's name
     * @return the registered driver, or {@code null}
     */
    public @Nullable DeviceDriver driver(String driverName) {
        return locked(() -> drivers.get(driverName));
    }

    /**
     * Sets who configures DMA for drivers of this bus.
     *
     * @param configuration called around every probe
     */
    public void configureDmaWith(DmaConfiguration configuration) {
        dma = configuration;
    }

    /**
     * Sets where drivers that refuse devices are reported.
     *
     * @param log where the lines go
     * @param release the kernel whose words are used
     */
    public void reportTo(KernelLog log, KernelRelease release) {
        report = new DriverReport(log, release);
    }

    DriverReport report() {
        return report;
    }

    /**
     * Adds a listener.
     *
     * @param listener is told of every event from now on
     */
    public void addListener(BusListener listener) {
        listeners.add(listener);
    }

    private void tell(BusEvent event, DeviceNode device) {
        for (BusListener listener : listeners) {
            listener.onBusEvent(event, device);
        }
    }

    /**
     * Adds a device ({@code device_add}), without looking for a driver.
     *
     * @param identity who it is
     * @return the device
     * @throws IommuException {@code EEXIST} when the name is taken
     */
    public DeviceNode add(DeviceNode.Identity identity) {
        return add(identity, node -> {});
    }

    /** As {@link #add(DeviceNode.Identity)}, with something to do before anybody hears of the device. */
    DeviceNode add(DeviceNode.Identity identity, Consumer<DeviceNode> beforeNotice) {
        DeviceNode device = new DeviceNode(locking, this, identity);
        DeviceNode taken = locked(() -> devices.putIfAbsent(device.name(), device));
        if (taken != null) {
            throw new IommuException(Errno.EEXIST, "device " + device + " is on bus " + name + " already");
        }
        device.setPresent(true);
        beforeNotice.accept(device);
        tell(BusEvent.ADD_DEVICE, device);
        return device;
    }

    /**
     * Looks for a driver ({@code device_attach}).
     *
     * @param device a device without a driver
     */
    public void attach(DeviceNode device) {
        attachQuietly(device);
    }

    /** As {@link #attach}; says why DMA could not be configured, where that was the end. */
    @Nullable
    IommuException attachNewlyFound(DeviceNode device) {
        DriverBinding.Outcome outcome = attachQuietly(device);
        return outcome.kind() == DriverBinding.Kind.NOT_CONFIGURED && !outcome.isDeferred() ? outcome.refusal() : null;
    }

    /** Binds any driver that will; says how the last attempt ended. */
    private DriverBinding.Outcome attachQuietly(DeviceNode device) {
        device.mutex().lock();
        try {
            if (device.driver() != null || !device.isPresent()) {
                return DriverBinding.Outcome.BOUND;
            }
            return settle(device, binding.bindAny(device, candidates(device)));
        } finally {
            device.mutex().unlock();
        }
    }

    private DriverBinding.Outcome settle(DeviceNode device, DriverBinding.Outcome outcome) {
        if (outcome.isDeferred()) {
            deferred.add(this, device);
        } else if (outcome.kind() == DriverBinding.Kind.BOUND) {
            deferred.bound(device);
        }
        return outcome;
    }

    private List<DeviceDriver> candidates(DeviceNode device) {
        List<DeviceDriver> matching = new ArrayList<>();
        for (DeviceDriver driver : locked(() -> List.copyOf(drivers.values()))) {
            if (matches(device, driver)) {
                matching.add(driver);
            }
        }
        return matching;
    }

    private boolean matches(DeviceNode device, DeviceDriver driver) {
        String override = device.driverOverride();
        if (override != null) {
            return override.equals(driver.name());
        }
        return driver.matches(device) || matchesDynamically(device, driver);
    }

    private boolean matchesDynamically(DeviceNode device, DeviceDriver driver) {
        PciFunction function = device.pciFunction();
        return function != null
                && locked(() -> {
                    DynamicIds ids = dynamicIds.get(driver.name());
                    return ids != null && ids.matches(function);
                });
    }

    /**
     * Releases a device's driver ({@code device_release_driver}); waits until the driver lets go.
     *
     * @param device the device
     */
    public void releaseDriver(DeviceNode device) {
        device.mutex().lock();
        try {
            binding.unbind(device);
        } finally {
            device.mutex().unlock();
        }
    }

    /**
     * Takes a device off the bus ({@code device_del}); releases its driver first.
     *
     * @param device a device of this bus
     */
    public void remove(DeviceNode device) {
        tell(BusEvent.DEL_DEVICE, device);
        device.mutex().lock();
        try {
            device.setPresent(false);
            binding.unbind(device);
        } finally {
            device.mutex().unlock();
        }
        deferred.forget(device);
        locked(() -> devices.remove(device.name(), device));
        tell(BusEvent.REMOVED_DEVICE, device);
    }

    /**
     * Registers a driver and binds it to every device that has none and that it matches.
     *
     * @param driver the driver
     * @throws IommuException {@code EBUSY} when the name is taken
     */
    public void register(DeviceDriver driver) {
        if (locked(() -> drivers.putIfAbsent(driver.name(), driver)) != null) {
            throw new IommuException(Errno.EBUSY, "driver " + driver.name() + " is registered on bus " + name);
        }
        bindEverywhere(driver);
    }

    private void bindEverywhere(DeviceDriver driver) {
        for (DeviceNode device : nodes()) {
            if (!matches(device, driver)) {
                continue;
            }
            device.mutex().lock();
            try {
                if (device.driver() == null && device.isPresent()) {
                    settle(device, binding.bind(device, driver));
                }
            } finally {
                device.mutex().unlock();
            }
        }
    }

    /**
     * Unregisters a driver after unbinding it everywhere.
     *
     * @param driver a registered driver
     */
    public void unregister(DeviceDriver driver) {
        locked(() -> drivers.remove(driver.name(), driver));
        for (DeviceNode device : nodes()) {
            if (device.driver() == driver) {
                releaseDriver(device);
            }
        }
    }

    /**
     * Writes a driver's {@code bind} file.
     *
     * @param deviceName the device
     * @param driverName the driver
     * @throws IommuException {@code ENODEV} when there is no such device or driver or they do not match, tested first;
     *     {@code EBUSY} when the device is bound; else the errno of its DMA's configuration or of the driver's probe
     *     ({@code EAGAIN} for a deferred one)
     */
    public void bind(String deviceName, String driverName) {
        DeviceNode device = require(deviceName);
        DeviceDriver driver = driver(driverName);
        if (driver == null || !matches(device, driver)) {
            throw new IommuException(Errno.ENODEV, "driver " + driverName + " does not match " + deviceName);
        }
        device.mutex().lock();
        try {
            if (!device.isPresent()) {
                throw new IommuException(Errno.ENODEV, deviceName + " is gone");
            }
            if (device.driver() != null) {
                throw new IommuException(
                        Errno.EBUSY,
                        deviceName + " is bound to " + device.driver().name());
            }
            DriverBinding.Outcome outcome = settle(device, binding.bind(device, driver));
            IommuException refusal = outcome.refusal();
            if (outcome.isDeferred()) {
                throw new IommuException(Errno.EAGAIN, driverName + " asks to probe " + deviceName + " later");
            }
            if (refusal != null) {
                throw refusal;
            }
        } finally {
            device.mutex().unlock();
        }
    }

    /**
     * Writes a driver's {@code unbind} file; waits until the driver lets go.
     *
     * @param deviceName the device
     * @param driverName the driver
     * @throws IommuException {@code ENODEV} when there is no such device, or it is not bound to that driver
     */
    public void unbind(String deviceName, String driverName) {
        DeviceNode device = require(deviceName);
        DeviceDriver bound = device.driver();
        if (bound == null || !bound.name().equals(driverName)) {
            throw new IommuException(Errno.ENODEV, deviceName + " is not bound to " + driverName);
        }
        device.mutex().lock();
        try {
            if (device.driver() == bound) {
                binding.unbind(device);
            }
        } finally {
            device.mutex().unlock();
        }
    }

    /**
     * Writes the bus's {@code drivers_probe} file. A device that is bound is left alone, without waiting for it.
     *
     * @param deviceName the device
     * @throws IommuException {@code ENODEV} when there is no such device; {@code EINVAL} when its DMA could not be
     *     configured for a matching driver
     */
    public void driversProbe(String deviceName) {
        DeviceNode device = require(deviceName);
        if (device.driver() != null) {
            return;
        }
        if (attachQuietly(device).kind() == DriverBinding.Kind.NOT_CONFIGURED) {
            throw new IommuException(Errno.EINVAL, deviceName + ": DMA could not be configured");
        }
    }

    /**
     * Writes a device's {@code driver_override} file. Never unbinds.
     *
     * @param deviceName the device
     * @param driverName the only driver that may bind from now on, or {@code null} for any that matches
     * @throws IommuException {@code ENOENT} when there is no such device
     */
    public void driverOverride(String deviceName, @Nullable String driverName) {
        DeviceNode device = find(deviceName);
        if (device == null) {
            throw new IommuException(Errno.ENOENT, "no device " + deviceName + " on bus " + name);
        }
        device.mutex().lock();
        try {
            device.setDriverOverride(driverName);
        } finally {
            device.mutex().unlock();
        }
    }

    /**
     * Writes a PCI driver's {@code new_id} file, and binds what now matches.
     *
     * @param driverName the driver
     * @param vendor 16 bits
     * @param device 16 bits
     * @throws IommuException {@code ENOENT} when there is no such driver; {@code EEXIST} when it has the ids
     */
    public void newId(String driverName, int vendor, int device) {
        DeviceDriver driver = requireDriver(driverName);
        if (!locked(() ->
                dynamicIds.computeIfAbsent(driverName, key -> new DynamicIds()).add(vendor, device))) {
            throw new IommuException(Errno.EEXIST, driverName + " has these ids already");
        }
        bindEverywhere(driver);
    }

    /**
     * Writes a PCI driver's {@code remove_id} file.
     *
     * @param driverName the driver
     * @param vendor 16 bits
     * @param device 16 bits
     * @throws IommuException {@code ENOENT} when there is no such driver; {@code ENODEV} when it has no such ids
     */
    public void removeId(String driverName, int vendor, int device) {
        requireDriver(driverName);
        boolean removed = locked(() -> {
            DynamicIds ids = dynamicIds.get(driverName);
            return ids != null && ids.remove(vendor, device);
        });
        if (!removed) {
            throw new IommuException(Errno.ENODEV, driverName + " has no such ids");
        }
    }

    private DeviceDriver requireDriver(String driverName) {
        DeviceDriver driver = locked(() -> drivers.get(driverName));
        if (driver == null) {
            throw new IommuException(Errno.ENOENT, "no driver " + driverName + " on bus " + name);
        }
        return driver;
    }

    private DeviceNode require(String deviceName) {
        DeviceNode device = find(deviceName);
        if (device == null) {
            throw new IommuException(Errno.ENODEV, "no device " + deviceName + " on bus " + name);
        }
        return device;
    }

    private <T> T locked(Supplier<T> action) {
        listLock.lock();
        try {
            return action.get();
        } finally {
            listLock.unlock();
        }
    }
}
