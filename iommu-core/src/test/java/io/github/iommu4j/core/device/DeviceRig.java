package io.github.iommu4j.core.device;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.DeviceDriver;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.lock.ValidatedLocking;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A bus whose drivers and DMA do as they are told, and which writes down what happens. */
final class DeviceRig {

    final List<String> journal = new ArrayList<>();
    final KernelLog log = new KernelLog(KernelLog.WarnPolicy.THROW);
    final Locking locking = ValidatedLocking.over(new PlainLocking());
    final DeferredProbe deferred = new DeferredProbe(locking);
    final BusType bus = new BusType("pci", locking, deferred);
    final PciHardware hardware = new PciHardware();

    @Nullable
    Errno dmaRefusal;

    /** A driver that knows devices by name. */
    final class ScriptedDriver implements DeviceDriver {
        private final String name;
        private final Set<String> devices;

        @Nullable
        Errno refusal;

        Runnable onProbe = () -> {};

        private ScriptedDriver(String name, Set<String> devices) {
            this.name = name;
            this.devices = devices;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public boolean matches(Device device) {
            return devices.contains("*") || devices.contains(device.name());
        }

        @Override
        public void probe(Device device) {
            journal.add("probe " + device.name() + " by " + name);
            onProbe.run();
            if (refusal != null) {
                throw new IommuException(refusal, "as told");
            }
        }

        @Override
        public void remove(Device device) {
            journal.add("remove " + device.name() + " by " + name);
        }
    }

    DeviceRig() {
        bus.reportTo(log, KernelRelease.V6_12);
        bus.addListener((event, device) -> journal.add(event + " " + device));
        bus.configureDmaWith(new DmaConfiguration() {
            @Override
            public void configure(DeviceNode device, DeviceDriver driver) {
                journal.add("configure " + device);
                if (dmaRefusal != null) {
                    throw new IommuException(dmaRefusal, "as told");
                }
            }

            @Override
            public void cleanup(DeviceNode device, DeviceDriver driver) {
                journal.add("cleanup " + device);
            }
        });
    }

    DeviceNode device(String name) {
        return bus.add(DeviceNode.Identity.of(name, 0));
    }

    ScriptedDriver driver(String name, String... devices) {
        ScriptedDriver driver = unregistered(name, devices);
        bus.register(driver);
        return driver;
    }

    ScriptedDriver unregistered(String name, String... devices) {
        return new ScriptedDriver(name, new TreeSet<>(Set.of(devices)));
    }

    List<String> drainJournal() {
        List<String> taken = List.copyOf(journal);
        journal.clear();
        return taken;
    }

    List<String> drainLog() {
        return log.drain().stream()
                .map(line -> line.level().number() + " " + line.text())
                .toList();
    }

    static PciFunction.Builder function(String address) {
        return PciFunction.at(RequesterId.parse(address));
    }

    void plug(PciFunction.Builder... functions) {
        for (PciFunction.Builder function : functions) {
            hardware.plug(function.build().id(), function);
        }
    }
}
