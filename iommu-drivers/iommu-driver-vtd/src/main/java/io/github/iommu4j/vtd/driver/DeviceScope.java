package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.device.RequesterId;
import java.util.List;

/**
 * Names a device in firmware's tables: a bus, and the way from there (Intel VT-d §8.3.1). Immutable.
 *
 * @param kind what is named
 * @param startBus the bus where the way begins, 0 to 255
 * @param path device and function numbers on the way, as device number in bits 7:3 and function in 2:0; each but the
 *     last is a bridge
 */
public record DeviceScope(Kind kind, int startBus, List<Integer> path) {

    /** What a scope names. Interrupt controllers and ACPI devices make no DMA that is modelled. */
    public enum Kind {
        /** One function. */
        ENDPOINT,
        /** A bridge with everything below it. */
        BRIDGE
    }

    /**
     * Copies the path.
     *
     * @throws IllegalArgumentException when the path is empty
     */
    public DeviceScope {
        path = List.copyOf(path);
        if (path.isEmpty()) {
            throw new IllegalArgumentException("a device scope without a path");
        }
    }

    /**
     * A function on a root bus.
     *
     * @param id where it is
     * @return a scope of one step
     */
    public static DeviceScope endpoint(RequesterId id) {
        return new DeviceScope(Kind.ENDPOINT, id.bus(), List.of(id.bits() & 0xFF));
    }

    /**
     * A bridge on a root bus, with everything below.
     *
     * @param id where it is
     * @return a scope of one step
     */
    public static DeviceScope below(RequesterId id) {
        return new DeviceScope(Kind.BRIDGE, id.bus(), List.of(id.bits() & 0xFF));
    }
}
