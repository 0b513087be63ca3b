package io.github.iommu4j.testkit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.iommu4j.api.DmaOwnership;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.driver.IommuCapability;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeferredProbe;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.device.PciHardware;
import io.github.iommu4j.core.device.PciHost;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.lock.ValidatedLocking;
import io.github.iommu4j.core.topology.AccessControl;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.topology.PciePortType;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.machine.MockHost;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A core with one mock IOMMU over a PCI bus. The functions of a slot share a group; {@code net} and {@code other} are
 * drivers that use the DMA API, {@code stub} is a harmless one; they bind where a test says so.
 */
final class Rig {

    final KernelLog log;
    final IommuCore core;
    final BusType bus;
    final BusType platform;
    final PciHardware hardware = new PciHardware().rootBus(0, 0);
    PciHost host;
    private final Locking locking = ValidatedLocking.over(new PlainLocking());
    final MockIommuDriver iommu;

    Rig(KernelRelease release, KernelLog.WarnPolicy policy, MockIommuDriver iommu, Consumer<IommuCore.Builder> more) {
        log = new KernelLog(policy);
        IommuCore.Builder builder =
                IommuCore.builder().locking(locking).release(release).log(log);
        more.accept(builder);
        core = builder.build();
        DeferredProbe deferred = new DeferredProbe(locking);
        bus = new BusType("pci", locking, deferred);
        platform = new BusType("platform", locking, deferred);
        host = newHost();
        this.iommu = iommu;
        core.watch(platform);
        core.watch(bus);
        bus.register(SimpleDriver.nativeDriver("net"));
        bus.register(SimpleDriver.nativeDriver("other"));
        bus.register(SimpleDriver.harmless("stub"));
        bus.register(SimpleDriver.refusing("picky", Errno.EIO));
        platform.register(SimpleDriver.nativeDriver("net"));
    }

    /** A host whose driver cannot defer invalidation. */
    static MockHost neverDeferring() {
        return MockHost.amd().withCapabilities(Set.of(IommuCapability.CACHE_COHERENCY));
    }

    /** A host that knows every root bus plugged so far, for machines that add some. */
    PciHost newHost() {
        return new PciHost(hardware, bus, locking);
    }

    static MockIommuDriver intel() {
        return new MockIommuDriver("dmar0", MockHost.intel(48));
    }

    static Rig of(KernelRelease release) {
        return new Rig(release, KernelLog.WarnPolicy.THROW, intel(), builder -> {});
    }

    static Rig of(KernelRelease release, MockIommuDriver iommu) {
        return new Rig(release, KernelLog.WarnPolicy.THROW, iommu, builder -> {});
    }

    static Rig recording(KernelRelease release, MockIommuDriver iommu) {
        return new Rig(release, KernelLog.WarnPolicy.RECORD, iommu, builder -> {});
    }

    /** Plugs conventional functions into a slot of the root bus: one group. */
    Rig slot(int slot, int functions) {
        for (int function = 0; function < functions; function++) {
            hardware.plug(
                    new RequesterId(0, 0, slot, function),
                    PciFunction.at(new RequesterId(0, 0, slot, function)).multifunctionBit());
        }
        return this;
    }

    /** Plugs a root port that isolates, and an endpoint behind it on a bus of its own. */
    Rig port(int slot, int secondary) {
        RequesterId id = new RequesterId(0, 0, slot, 0);
        hardware.plug(
                id,
                PciFunction.at(id)
                        .express(PciePortType.ROOT_PORT)
                        .accessControl(new AccessControl(AccessControl.ISOLATION, AccessControl.ISOLATION))
                        .externalFacing()
                        .bridgeTo(secondary, secondary));
        RequesterId endpoint = new RequesterId(0, secondary, 0, 0);
        hardware.plug(endpoint, PciFunction.at(endpoint).express(PciePortType.ENDPOINT));
        return this;
    }

    Rig boot() {
        host.rescan();
        core.register(iommu);
        return this;
    }

    static String name(int slot, int function) {
        return new RequesterId(0, 0, slot, function).toString();
    }

    DeviceNode device(int slot, int function) {
        return device(name(slot, function));
    }

    DeviceNode device(String name) {
        DeviceNode found = bus.find(name);
        assertThat(found).as("device " + name).isNotNull();
        return Objects.requireNonNull(found);
    }

    IommuGroup group(Device device) {
        IommuGroup found = core.groupOf(device);
        assertThat(found).as("group of " + device).isNotNull();
        return Objects.requireNonNull(found);
    }

    IommuGroup group(int slot) {
        return group(device(slot, 0));
    }

    DmaOwnership ownership(int slot) {
        return group(slot).dmaOwnership();
    }

    IommuDomain newDomain(int slot) {
        return core.newPagingDomain(device(slot, 0));
    }

    void bind(int slot, int function, String driver) {
        bus.driverOverride(name(slot, function), driver);
        bus.bind(name(slot, function), driver);
    }

    void unbind(int slot, int function, String driver) {
        bus.unbind(name(slot, function), driver);
    }

    /** What an action's refusal says, or {@code null} when it was not refused. */
    static @Nullable Errno errno(Runnable action) {
        Throwable thrown = catchThrowable(action::run);
        if (thrown == null) {
            return null;
        }
        assertThat(thrown).isInstanceOf(IommuException.class);
        return ((IommuException) thrown).errno();
    }

    /** The warnings since the last call; the other lines are dropped. */
    List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        for (KernelLog.Line line : log.drain()) {
            if (line.text().startsWith("WARNING: ")) {
                warnings.add(line.text());
            }
        }
        return warnings;
    }

    /** Unplugs the IOMMU and looks for whatever stays behind. */
    void close() {
        core.unregister(iommu);
        assertThat(iommu.leaks()).isEmpty();
        assertThat(core.liveDomains()).as("domains alive").isZero();
        assertThat(core.groups()).isEmpty();
    }
}
