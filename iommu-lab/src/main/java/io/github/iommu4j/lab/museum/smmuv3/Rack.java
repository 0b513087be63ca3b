package io.github.iommu4j.lab.museum.smmuv3;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeferredProbe;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.driver.KernelServices;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.smmuv3.driver.SmmuHost;
import io.github.iommu4j.smmuv3.driver.SmmuOption;
import io.github.iommu4j.smmuv3.driver.Smmuv3Driver;
import io.github.iommu4j.smmuv3.driver.Smmuv3Erratum;
import io.github.iommu4j.smmuv3.hardware.Smmuv3;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;

/** A machine with one unit and one device, whose driver is a user's. Confined to one thread. */
final class Rack {

    /** The first thing that the driver takes memory for is the command queue, of a page. */
    static final long COMMANDS = 0x2000_0000L;

    static final long COMMAND_BYTES = 0x1000;

    private static final long ARENA = 0x4000_0000L;
    private static final long ARENA_SIZE = 1 << 28;
    private static final String UNIT = "9050000.smmuv3";
    private static final Smmuv3Capabilities CAPABLE =
            Smmuv3Capabilities.everything().toBuilder().set(IdField.SIDSIZE, 16).build();

    private final int streamId;
    private final KernelLog log = new KernelLog(KernelLog.WarnPolicy.RECORD);
    private final Smmuv3 unit;
    private final Smmuv3Driver driver;
    private final DeviceNode device;
    private final IommuDomain domain;

    /** A machine whose hardware finds in memory what is there. */
    Rack(int streamId, Set<Erratum> errata) {
        this(streamId, errata, memory -> memory);
    }

    /** A machine whose hardware sees memory in its own way. */
    Rack(int streamId, Set<Erratum> errata, UnaryOperator<PhysicalMemory> view) {
        this.streamId = streamId;
        SparseMemory memory = new SparseMemory();
        PlainLocking locking = new PlainLocking();
        unit = Smmuv3.builder(view.apply(memory)).capabilities(CAPABLE).build();
        KernelServices kernel = KernelServices.builder(memory, new ArenaAllocator(memory, ARENA, ARENA_SIZE, locking))
                .structures(new ArenaAllocator(memory, COMMANDS, ARENA_SIZE, locking))
                .locking(locking)
                .log(log)
                .build();
        SmmuHost.Builder host = SmmuHost.builder(kernel).queueBytesLg2(12).option(SmmuOption.SKIP_PREFETCH);
        for (Smmuv3Erratum erratum : Smmuv3Erratum.values()) {
            if (errata.contains(erratum)) {
                host.erratum(erratum);
            }
        }
        driver = Smmuv3Driver.start(UNIT, unit.registers(), host.build());
        FwSpec description = new FwSpec(UNIT, List.of(streamId));
        IommuCore core = IommuCore.builder()
                .locking(locking)
                .firmware(node -> description)
                .build();
        BusType bus = new BusType("platform", locking, new DeferredProbe(locking));
        core.watch(bus);
        core.register(driver);
        device = bus.add(DeviceNode.Identity.of("nic", streamId));
        device.setFwSpec(description);
        core.probe(device);
        IommuGroup group = Objects.requireNonNull(core.groupOf(device), "no group");
        domain = core.newPagingDomain(device);
        group.dmaOwnership().claim(this);
        group.attach(domain);
        driver.step();
    }

    IommuDomain domain() {
        return domain;
    }

    boolean reads(long iova) {
        return Translations.isOk(unit.translate(streamId, TranslationUnit.NO_SUBSTREAM, iova, Access.READ.bits()));
    }

    void step() {
        driver.step();
    }

    long register(SmmuRegister register) {
        return unit.registers().read(register.offset(), register.width());
    }

    /** Lines of the log since it was asked last. */
    List<String> lines() {
        return log.drain().stream().map(KernelLog.Line::text).toList();
    }
}
