package io.github.iommu4j.core.device;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.DeviceDriver;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Binding and unbinding of one driver and one device, in the driver core's order.
 *
 * <p>Every method needs the device's lock.
 */
final class DriverBinding {

    /** How an attempt to bind ended. */
    enum Kind {
        /** The driver is bound. */
        BOUND,
        /** The driver's probe refused: another driver may have the device. */
        PROBE_REFUSED,
        /** The device's DMA could not be configured: no driver is tried after this one. */
        NOT_CONFIGURED
    }

    /**
     * The end of an attempt to bind.
     *
     * @param kind how it ended
     * @param refusal the reason, for everything but {@link Kind#BOUND}
     */
    record Outcome(Kind kind, @Nullable IommuException refusal) {

        static final Outcome BOUND = new Outcome(Kind.BOUND, null);

        boolean isDeferred() {
            return refusal != null && refusal.errno() == Errno.EPROBE_DEFER;
        }
    }

    /** A driver's probe that failed. */
    record ProbeFailure(DeviceNode device, DeviceDriver driver, Errno errno) {}

    private final DmaConfiguration dma;
    private final BusListener listeners;
    private final Consumer<ProbeFailure> failures;

    DriverBinding(DmaConfiguration dma, BusListener listeners, Consumer<ProbeFailure> failures) {
        this.dma = dma;
        this.listeners = listeners;
        this.failures = failures;
    }

    Outcome bind(DeviceNode device, DeviceDriver driver) {
        device.mutex().assertHeld();
        device.setDriver(driver);
        try {
            dma.configure(device, driver);
        } catch (IommuException refusal) {
            device.setDriver(null);
            return new Outcome(Kind.NOT_CONFIGURED, refusal);
        }
        device.showDriver(driver);
        listeners.onBusEvent(BusEvent.BIND_DRIVER, device);
        try {
            driver.probe(device);
        } catch (IommuException refusal) {
            device.showDriver(null);
            listeners.onBusEvent(BusEvent.DRIVER_NOT_BOUND, device);
            dma.cleanup(device, driver);
            device.setDriver(null);
            failures.accept(new ProbeFailure(device, driver, refusal.errno()));
            return new Outcome(Kind.PROBE_REFUSED, refusal);
        }
        listeners.onBusEvent(BusEvent.BOUND_DRIVER, device);
        return Outcome.BOUND;
    }

    /** Tries drivers until one is bound or the device's DMA is refused. */
    Outcome bindAny(DeviceNode device, List<DeviceDriver> candidates) {
        Outcome last = new Outcome(Kind.PROBE_REFUSED, null);
        for (DeviceDriver driver : candidates) {
            last = bind(device, driver);
            if (last.kind() != Kind.PROBE_REFUSED || last.isDeferred()) {
                return last;
            }
        }
        return last;
    }

    void unbind(DeviceNode device) {
        device.mutex().assertHeld();
        DeviceDriver driver = device.driver();
        if (driver == null) {
            return;
        }
        device.showDriver(null);
        listeners.onBusEvent(BusEvent.UNBIND_DRIVER, device);
        driver.remove(device);
        dma.cleanup(device, driver);
        device.setDriver(null);
        listeners.onBusEvent(BusEvent.UNBOUND_DRIVER, device);
    }
}
