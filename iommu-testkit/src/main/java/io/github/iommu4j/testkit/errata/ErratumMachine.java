package io.github.iommu4j.testkit.errata;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.DeviceDriver;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeferredProbe;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.machine.MockHost;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** A platform bus, an IOMMU whose devices share one group, and a core that records its warnings. */
final class ErratumMachine {

    final KernelLog log = new KernelLog(KernelLog.WarnPolicy.RECORD);
    final IommuCore core;
    final BusType bus;
    final MockIommuDriver iommu;

    ErratumMachine(KernelRelease release, MockHost host, Set<Erratum> errata) {
        PlainLocking locking = new PlainLocking();
        IommuCore.Builder description = IommuCore.builder()
                .locking(locking)
                .release(release)
                .log(log)
                .firmware(device -> new FwSpec("iommu0", List.of(device.streamId())));
        errata.forEach(description::erratum);
        core = description.build();
        bus = new BusType("platform", locking, new DeferredProbe(locking));
        core.watch(bus);
        iommu = new MockIommuDriver("iommu0", host).grouping((device, helpers) -> helpers.single(device));
    }

    DeviceNode add(String name) {
        return bus.add(DeviceNode.Identity.of(name, 1));
    }

    IommuGroup group(Device device) {
        return Objects.requireNonNull(core.groupOf(device));
    }

    /** A driver that binds to one device and does something there. */
    static DeviceDriver driver(String name, String deviceName, Runnable probe) {
        return new DeviceDriver() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public boolean matches(Device device) {
                return device.name().equals(deviceName);
            }

            @Override
            public void probe(Device device) {
                probe.run();
            }

            @Override
            public void remove(Device device) {}
        };
    }

    /** The warnings so far. */
    List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        for (KernelLog.Line line : log.drain()) {
            if (line.text().startsWith("WARNING: ")) {
                warnings.add(line.text());
            }
        }
        return warnings;
    }

    /** What the locks say of the steps. */
    static List<String> lockReports(Runnable steps) {
        try {
            steps.run();
            return List.of();
        } catch (AssertionError report) {
            return List.of(String.valueOf(report.getMessage()));
        }
    }
}
