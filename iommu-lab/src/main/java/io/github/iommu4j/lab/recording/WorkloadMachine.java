package io.github.iommu4j.lab.recording;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeferredProbe;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.device.PciHardware;
import io.github.iommu4j.core.device.PciHost;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.lab.capture.Family;
import java.util.List;
import java.util.Objects;

/** A machine with a core, one IOMMU of some kind with its driver, and a few PCI functions. Confined to one thread. */
public final class WorkloadMachine {

    private static final long ARENA = 0x4000_0000L;
    private static final long ARENA_SIZE = 1 << 28;
    private static final List<String> FUNCTIONS = List.of("0000:00:01.0", "0000:00:02.0", "0000:00:03.0");

    private final RunningModel model;
    private final IommuCore core;
    private final BusType bus;

    /** What an installation is put into. */
    record Surroundings(SparseMemory memory, ArenaAllocator allocator, PlainLocking locking) {}

    /** Hardware with its driver. */
    record Installation(Family family, TranslationUnit unit, List<? extends IommuDriver> drivers) {}

    private WorkloadMachine(RunningModel model, IommuCore core, BusType bus) {
        this.model = model;
        this.core = core;
        this.bus = bus;
    }

    /**
     * Makes a machine.
     *
     * @param kind which IOMMU it has
     * @return a machine whose functions were probed
     */
    public static WorkloadMachine of(ModelKind kind) {
        SparseMemory memory = new SparseMemory();
        PlainLocking locking = new PlainLocking();
        Installation installation =
                kind.install(new Surroundings(memory, new ArenaAllocator(memory, ARENA, ARENA_SIZE, locking), locking));
        IommuCore core = IommuCore.builder().locking(locking).build();
        BusType bus = new BusType("pci", locking, new DeferredProbe(locking));
        core.watch(bus);
        installation.drivers().forEach(core::register);
        PciHardware hardware = new PciHardware().rootBus(0, 0);
        for (String name : FUNCTIONS) {
            RequesterId id = RequesterId.parse(name);
            hardware.plug(id, PciFunction.at(id));
        }
        new PciHost(hardware, bus, locking).rescan();
        return new WorkloadMachine(
                new RunningModel(kind.label(), installation.family(), installation.unit(), memory), core, bus);
    }

    /**
     * What can be captured.
     *
     * @return the hardware half and its memory
     */
    public RunningModel model() {
        return model;
    }

    IommuCore core() {
        return core;
    }

    List<Device> devices() {
        return FUNCTIONS.stream()
                .map(name -> (Device) Objects.requireNonNull(bus.find(name), name))
                .toList();
    }

    int streamId(Device device) {
        return Objects.requireNonNull(((DeviceNode) device).pciFunction()).id().bits();
    }
}
