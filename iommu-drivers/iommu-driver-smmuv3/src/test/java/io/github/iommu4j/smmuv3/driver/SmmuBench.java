package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeferredProbe;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.device.PciHardware;
import io.github.iommu4j.core.device.PciHost;
import io.github.iommu4j.core.driver.KernelServices;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.lock.ValidatedLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.smmuv3.hardware.CommandProcessing;
import io.github.iommu4j.smmuv3.hardware.Smmuv3;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.QueueIndex;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Queue;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Core, driver, hardware and a few platform devices, with everything the driver writes to be looked at. */
final class SmmuBench {

    /** All there is, with a stream table that is quickly made. */
    static final Smmuv3Capabilities CAPABLE =
            Smmuv3Capabilities.everything().toBuilder().set(IdField.SIDSIZE, 16).build();

    /** The same without stage 1. */
    static final Smmuv3Capabilities STAGE_2 = CAPABLE.toBuilder()
            .disable(IdField.S1P, IdField.HYP, IdField.HAD, IdField.E0PD, IdField.CD2L)
            .set(IdField.SSIDSIZE, 0)
            .build();

    static final String UNIT = "9050000.smmuv3";
    static final long ARENA = 0x4000_0000L;
    static final long STRUCTURES = 0x2000_0000L;

    /** What a bench is made of. */
    static final class Plan {
        Smmuv3Capabilities capabilities = CAPABLE;
        PhysicalMemory memory = new SparseMemory();
        /** What hardware sees, if not the same. */
        @Nullable
        PhysicalMemory hardwareMemory;

        Locking locking = ValidatedLocking.over(new PlainLocking());
        KernelRelease release = KernelRelease.V6_12;
        KernelLog.WarnPolicy warnings = KernelLog.WarnPolicy.THROW;
        CommandProcessing processing = CommandProcessing.ON_DOORBELL;
        DeviceFeatures features = DeviceFeatures.NONE;
        /** What handlers of domains answer. */
        @Nullable
        Errno handled;

        /** The unit, once it is made. */
        @Nullable
        Smmuv3 made;

        UnaryOperator<Smmuv3.Builder> hardware = builder -> builder;
        UnaryOperator<KernelServices.Builder> kernel = builder -> builder;
        UnaryOperator<SmmuHost.Builder> host = builder -> builder;
        UnaryOperator<MmioRegion> registers = region -> region;
        final Map<String, List<Integer>> devices = new LinkedHashMap<>();
        final List<String> functions = new ArrayList<>();

        Plan() {
            devices.put("nic", List.of(0x110));
            devices.put("disk", List.of(0x220));
        }

        /** PCI functions instead of platform devices. */
        Plan functions(String... names) {
            devices.clear();
            functions.addAll(List.of(names));
            return this;
        }

        SmmuBench boot() {
            return new SmmuBench(this);
        }
    }

    final Smmuv3 unit;
    final PhysicalMemory memory;
    final ArenaAllocator arena;
    final ArenaAllocator structures;
    final IommuCore core;
    final SmmuHost host;
    final Smmuv3Driver driver;
    final BusType bus;
    final KernelLog log;
    final List<String> faults = new ArrayList<>();
    final Shortage shortage = new Shortage();
    private int readUpTo;

    private SmmuBench(Plan plan) {
        memory = plan.memory;
        log = new KernelLog(plan.warnings);
        arena = new ArenaAllocator(memory, ARENA, 0x1000_0000L, plan.locking);
        structures = new ArenaAllocator(memory, STRUCTURES, 0x1000_0000L, plan.locking);
        PhysicalMemory seen = plan.hardwareMemory == null ? memory : plan.hardwareMemory;
        unit = plan.hardware
                .apply(Smmuv3.builder(seen).capabilities(plan.capabilities).commandProcessing(plan.processing))
                .build();
        plan.made = unit;
        KernelServices.Builder kernel = KernelServices.builder(memory, shortage.over(arena))
                .structures(shortage.over(structures))
                .locking(plan.locking)
                .release(plan.release)
                .log(log)
                .faults((domain, device, iova, access) -> {
                    faults.add(String.format("%s %s 0x%x", device.name(), access, iova));
                    return plan.handled;
                })
                .deviceFaults((device, event) -> core().faults().report(device, event));
        SmmuHost.Builder builder = SmmuHost.builder(plan.kernel.apply(kernel).build())
                .queueBytesLg2(12)
                .features(device -> plan.features)
                .whilePolling(unit::step);
        host = plan.host.apply(builder).build();
        driver = Smmuv3Driver.start(UNIT, plan.registers.apply(unit.registers()), host);
        core = IommuCore.builder()
                .locking(plan.locking)
                .release(plan.release)
                .log(log)
                .firmware(device -> plan.functions.isEmpty() ? description(plan, device.name()) : null)
                .build();
        bus = new BusType(plan.functions.isEmpty() ? "platform" : "pci", plan.locking, new DeferredProbe(plan.locking));
        core.watch(bus);
        core.register(driver);
        plan.devices.forEach((name, ids) -> {
            DeviceNode node = bus.add(DeviceNode.Identity.of(name, ids.get(0)));
            node.setFwSpec(description(plan, name));
            core.probe(node);
        });
        PciHardware hardware = new PciHardware().rootBus(0, 0);
        plan.functions.forEach(name -> {
            RequesterId id = RequesterId.parse(name);
            hardware.plug(id, PciFunction.at(id));
        });
        new PciHost(hardware, bus, plan.locking).rescan();
        takeCommands();
    }

    private static FwSpec description(Plan plan, String name) {
        return new FwSpec(UNIT, Objects.requireNonNull(plan.devices.get(name), name));
    }

    /** The driver may hear of faults only once there is a core. */
    private IommuCore core() {
        return core;
    }

    DeviceNode device(String name) {
        return Objects.requireNonNull(bus.find(name), name);
    }

    IommuGroup group(String name) {
        return Objects.requireNonNull(core.groupOf(device(name)), name);
    }

    /** A user's domain that is attached to a device. */
    IommuDomain attached(String name) {
        IommuDomain domain = core.newPagingDomain(device(name));
        group(name).dmaOwnership().claim(this);
        group(name).attach(domain);
        return domain;
    }

    int streamId(String name) {
        PciFunction function = device(name).pciFunction();
        return function == null ? device(name).streamId() : function.id().bits();
    }

    /** Where an access goes; -1 when it is blocked. */
    long dma(String name, long iova, Access access) {
        return dma(name, TranslationUnit.NO_SUBSTREAM, iova, access);
    }

    long dma(String name, int pasid, long iova, Access access) {
        long answer = unit.translate(streamId(name), pasid, iova, access.bits());
        return Translations.isOk(answer) ? Translations.pa(answer) : -1;
    }

    long read(SmmuRegister register) {
        return unit.registers().read(register.offset(), register.width());
    }

    StreamTableEntry entry(String name) {
        return driver.unit().streamTable().read(streamId(name));
    }

    /** What was issued since this was last asked, without CMD_SYNCs. */
    List<Command> takeCommands() {
        List<Command> taken = takeAll();
        taken.removeIf(command -> isSync(command));
        return taken;
    }

    /** One that signalled by a message has it in its first word. */
    private static boolean isSync(Command command) {
        return (int) command.dw0() == 0
                || command.opcode().filter(CommandOpcode.SYNC::equals).isPresent();
    }

    /** Names of what was issued since this was last asked. */
    List<String> takeNames() {
        return takeAll().stream()
                .map(command -> isSync(command)
                        ? "SYNC"
                        : command.opcode().map(Enum::name).orElse("?"))
                .toList();
    }

    /** What was issued since this was last asked. */
    List<Command> takeAll() {
        long base = read(SmmuRegister.CMDQ_BASE);
        QueueIndex index = new QueueIndex(Queue.LOG2SIZE.getInt(base));
        int prod = (int) read(SmmuRegister.CMDQ_PROD);
        List<Command> taken = new ArrayList<>();
        while (!index.isEmpty(prod, readUpTo)) {
            taken.add(Command.readFrom(memory, Queue.ADDR.inPlace(base) + 16L * index.index(readUpTo)));
            readUpTo = index.next(readUpTo);
        }
        return taken;
    }

    List<String> lines() {
        return log.drain().stream().map(KernelLog.Line::text).toList();
    }

    static Errno errno(Runnable action) {
        try {
            action.run();
        } catch (IommuException refusal) {
            return refusal.errno();
        }
        throw new AssertionError("it was not refused");
    }
}
