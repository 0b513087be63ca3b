package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.device.DeviceDriver;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The drivers a machine with M4Us needs: SMI common, SMI larb, M4U. Registered on the platform bus in any order they
 * probe, with as many deferrals as it takes.
 *
 * <pre>{@code
 * MediatekDrivers drivers = new MediatekDrivers(new MediatekHost(core, bus, memory, allocator, clock), tree);
 * drivers.all().forEach(bus::register);
 * while (deferred.step()) {}
 * M4uDriver m4u = drivers.m4u("10205000.iommu");
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class MediatekDrivers {

    private final SmiCommonDriver commons;
    private final SmiLarbDriver larbs;
    private final M4uPlatformDriver m4us;

    /**
     * Drivers for the devices of a tree.
     *
     * @param host what they stand in
     * @param tree the devices, which must be on the host's bus under their nodes' names
     */
    public MediatekDrivers(MediatekHost host, MultimediaTree tree) {
        Components components = new Components(host.core().locking());
        commons = new SmiCommonDriver(host, tree);
        larbs = new SmiLarbDriver(host, tree, commons, components);
        m4us = new M4uPlatformDriver(host, tree, commons, larbs, components);
    }

    /**
     * The drivers.
     *
     * @return the driver of SMI commons, that of larbs and that of M4Us
     */
    public List<DeviceDriver> all() {
        return List.of(commons, larbs, m4us);
    }

    /**
     * The driver of one M4U.
     *
     * @param name the M4U's device
     * @return its driver, or {@code null} while it has none
     */
    public @Nullable M4uDriver m4u(String name) {
        return m4us.of(name);
    }
}
