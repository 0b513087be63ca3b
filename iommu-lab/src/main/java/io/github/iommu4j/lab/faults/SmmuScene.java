package io.github.iommu4j.lab.faults;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.dma.AddressType;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeferredProbe;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.device.PciHardware;
import io.github.iommu4j.core.device.PciHost;
import io.github.iommu4j.core.driver.KernelServices;
import io.github.iommu4j.core.fault.FaultOptions;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.smmuv3.driver.DeviceFeatures;
import io.github.iommu4j.smmuv3.driver.DeviceFeatures.Trait;
import io.github.iommu4j.smmuv3.driver.SmmuHost;
import io.github.iommu4j.smmuv3.driver.Smmuv3Driver;
import io.github.iommu4j.smmuv3.hardware.Smmuv3;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import io.github.iommu4j.testkit.machine.DmaJob;
import io.github.iommu4j.testkit.machine.EndpointMap;
import io.github.iommu4j.testkit.machine.FakeDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** An SMMUv3 with a platform device whose accesses stall, or a PCI function that asks for pages. */
final class SmmuScene implements FaultScene {

    /** How the device waits. */
    enum Waits {
        /** Its accesses stall in the unit. */
        STALL,
        /** It asks for pages. */
        PRI
    }

    private static final String UNIT = "9050000.smmuv3";
    private static final String PLATFORM_NAME = "nic";
    private static final String PCI_NAME = "0000:00:02.0";
    private static final int STREAM = 0x110;
    private static final int PASID = 7;
    private static final int PASID_BITS = 5;
    private static final int TRANSLATIONS = 16;
    private static final int TRIES = 3;
    private static final long STRUCTURES = 0x2000_0000L;
    private static final long TABLES = 0x4000_0000L;
    private static final long ARENA_BYTES = 0x1000_0000L;
    private static final int STREAM_BITS = 16;
    private static final int QUEUE_BYTES_LG2 = 12;

    private final Waits waits;
    private final int stream;
    private final PhysicalMemory memory = new SparseMemory();
    private final Smmuv3 unit;
    private final Smmuv3Driver driver;
    private final IommuCore core;
    private final BusType bus;
    private final FakeDevice device;
    private final SmmuQueue records;
    private final SmmuQueue commands;

    SmmuScene(Waits waits, KernelRelease release, FaultOptions options, Timeline timeline) {
        this.waits = waits;
        PlainLocking locking = new PlainLocking();
        KernelLog log = new KernelLog(KernelLog.WarnPolicy.RECORD);
        EndpointMap endpoints = new EndpointMap();
        unit = Smmuv3.builder(memory)
                .capabilities(Smmuv3Capabilities.everything().toBuilder()
                        .set(IdField.SIDSIZE, STREAM_BITS)
                        .build())
                .endpoints(endpoints)
                .build();
        core = IommuCore.builder()
                .locking(locking)
                .release(release)
                .log(log)
                .faults(options)
                .build();
        DeviceFeatures features = waits == Waits.STALL
                ? DeviceFeatures.of(PASID_BITS, Trait.CAN_STALL)
                : DeviceFeatures.of(PASID_BITS, Trait.ATS, Trait.PRI);
        KernelServices kernel = KernelServices.builder(memory, new ArenaAllocator(memory, TABLES, ARENA_BYTES, locking))
                .structures(new ArenaAllocator(memory, STRUCTURES, ARENA_BYTES, locking))
                .locking(locking)
                .release(release)
                .log(log)
                .faults(core::reportFault)
                .deviceFaults((from, event) -> {
                    timeline.add(Timeline.Place.KERNEL, FaultScene.text(event));
                    return core.faults().report(from, event);
                })
                .build();
        SmmuHost host = SmmuHost.builder(kernel)
                .queueBytesLg2(QUEUE_BYTES_LG2)
                .features(any -> features)
                .whilePolling(unit::step)
                .build();
        driver = Smmuv3Driver.start(UNIT, unit.registers(), host);
        bus = new BusType(waits == Waits.STALL ? "platform" : "pci", locking, new DeferredProbe(locking));
        core.watch(bus);
        core.register(driver);
        stream = plug(locking);
        FakeDevice.Builder description = FakeDevice.builder(unit, memory, stream);
        device = waits == Waits.STALL
                ? description.build()
                : description
                        .translationCache(TRANSLATIONS, unit::complete)
                        .pageRequests(unit, TRIES)
                        .build();
        endpoints.add(stream, device);
        records = waits == Waits.STALL
                ? queue(SmmuRegister.EVENTQ_BASE, SmmuRegister.EVENTQ_PROD, 4)
                : queue(SmmuRegister.PRIQ_BASE, SmmuRegister.PRIQ_PROD, 2);
        commands = queue(SmmuRegister.CMDQ_BASE, SmmuRegister.CMDQ_PROD, 2);
    }

    private SmmuQueue queue(SmmuRegister base, SmmuRegister producer, int words) {
        return new SmmuQueue(memory, unit.registers(), new SmmuQueue.Registers(base, producer), words);
    }

    private int plug(PlainLocking locking) {
        if (waits == Waits.STALL) {
            DeviceNode node = bus.add(DeviceNode.Identity.of(PLATFORM_NAME, STREAM));
            node.setFwSpec(new FwSpec(UNIT, List.of(STREAM)));
            core.probe(node);
            return STREAM;
        }
        RequesterId id = RequesterId.parse(PCI_NAME);
        PciHardware hardware = new PciHardware().rootBus(0, 0);
        hardware.plug(id, PciFunction.at(id));
        new PciHost(hardware, bus, locking).rescan();
        return id.bits();
    }

    @Override
    public String name() {
        return waits == Waits.STALL ? "smmuv3, stall" : "smmuv3, PRI";
    }

    @Override
    public IommuCore core() {
        return core;
    }

    @Override
    public PhysicalMemory memory() {
        return memory;
    }

    @Override
    public DeviceNode node() {
        String name = waits == Waits.STALL ? PLATFORM_NAME : PCI_NAME;
        return Objects.requireNonNull(bus.find(name), name);
    }

    @Override
    public FakeDevice device() {
        return device;
    }

    @Override
    public IommuDomain attach() {
        IommuDomain domain = core.newPagingDomain(node());
        var group = Objects.requireNonNull(core.groupOf(node()));
        if (waits == Waits.PRI) {
            group.attachPasid(domain, PASID);
        } else {
            group.attach(domain);
        }
        records.take();
        commands.take();
        return domain;
    }

    @Override
    public Explanation explain(long iova) {
        DmaRequest write = DmaRequest.write(stream, iova);
        return unit.explain(
                waits == Waits.PRI ? write.withSubstream(PASID).ofType(AddressType.TRANSLATION_REQUEST) : write);
    }

    @Override
    public DmaJob job(DmaJob plain) {
        return waits == Waits.PRI ? plain.withPasid(PASID) : plain;
    }

    @Override
    public boolean step() {
        return driver.step();
    }

    @Override
    public List<String> takeRecords() {
        String queue = waits == Waits.STALL ? "EVENTQ " : "PRIQ ";
        return records.take().stream()
                .map(words -> queue + FaultScene.hex(words))
                .toList();
    }

    @Override
    public List<String> takeAnswers() {
        List<String> answers = new ArrayList<>();
        for (long[] words : commands.take()) {
            CommandOpcode opcode = new Command(words[0], words[1]).opcode().orElse(null);
            if (opcode == CommandOpcode.RESUME || opcode == CommandOpcode.PRI_RESP) {
                answers.add("CMD_" + opcode + " " + FaultScene.hex(words));
            }
        }
        return answers;
    }

    @Override
    public void remove() {
        bus.remove(node());
    }

    @Override
    public String waiting() {
        return waits == Waits.STALL ? "its access stalls" : "it has no translation and asks for the page";
    }
}
