package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.PageAllocator;
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
import io.github.iommu4j.vtd.hardware.Vtd;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import io.github.iommu4j.vtd.layout.InvalidationDescriptor;
import io.github.iommu4j.vtd.layout.InvalidationType;
import io.github.iommu4j.vtd.layout.RegisterFields.Iqa;
import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

/** Core, driver, hardware and a few functions, with everything the driver writes to be looked at. */
final class VtdBench {

    static final long ARENA = 0x4000_0000L;
    static final int ALL_PAGES = 52;

    /** What a bench is made of. */
    static final class Plan {
        VtdCapabilities capabilities = VtdCapabilities.legacy();
        PhysicalMemory memory = new SparseMemory();
        Locking locking = ValidatedLocking.over(new PlainLocking());
        KernelRelease release = KernelRelease.V6_12;
        PciFeatures features = PciFeatures.NONE;
        Endpoints devices = Endpoints.NONE;
        List<PciFunction.Builder> functions = new ArrayList<>();
        UnaryOperator<DmarTable> firmware = table -> table;
        UnaryOperator<KernelServices.Builder> kernel = builder -> builder;
        UnaryOperator<VtdHost.Builder> host = builder -> builder;
        UnaryOperator<MmioRegion> registers = region -> region;

        Plan() {
            function("0000:00:02.0", 0);
            function("0000:00:03.0", 0);
        }

        Plan function(String name, int classCode) {
            functions.add(PciFunction.at(RequesterId.parse(name)).classCode(classCode));
            return this;
        }

        VtdBench boot() {
            return new VtdBench(this);
        }
    }

    final Vtd unit;
    final PhysicalMemory memory;
    final ArenaAllocator arena;
    final IommuCore core;
    final IntelIommu iommu;
    final BusType bus;
    final PciHost host;
    final KernelLog log = new KernelLog(KernelLog.WarnPolicy.THROW);
    final List<String> faults = new ArrayList<>();
    long untilFailure;
    private int readUpTo;

    private VtdBench(Plan plan) {
        memory = plan.memory;
        arena = new ArenaAllocator(memory, ARENA, 0x1000_0000L, plan.locking);
        unit = Vtd.builder(memory, plan.capabilities).endpoints(plan.devices).build();
        KernelServices.Builder kernel = KernelServices.builder(memory, new Failing())
                .locking(plan.locking)
                .release(plan.release)
                .log(log)
                .faults((domain, device, iova, access) -> {
                    faults.add(String.format("%s %s 0x%x", device.name(), access, iova));
                    return null;
                });
        VtdHost.Builder builder =
                VtdHost.builder(plan.kernel.apply(kernel).build()).features(function -> plan.features);
        DmarTable table = DmarTable.of(
                        plan.capabilities.hostAddressWidth(),
                        DmarUnit.ofEverything("dmar0", plan.registers.apply(unit.registers())))
                .with(AtsReach.allPorts(0));
        iommu = IntelIommu.start(
                plan.firmware.apply(table), plan.host.apply(builder).build());
        core = IommuCore.builder()
                .locking(plan.locking)
                .release(plan.release)
                .log(log)
                .build();
        bus = new BusType("pci", plan.locking, new DeferredProbe(plan.locking));
        core.watch(bus);
        PciHardware hardware = new PciHardware().rootBus(0, 0);
        plan.functions.forEach(function -> hardware.plug(function.build().id(), function));
        host = new PciHost(hardware, bus, plan.locking);
        host.rescan();
        iommu.drivers().forEach(core::register);
        takeDescriptors();
    }

    /** Refuses the n-th allocation from a moment on, once. */
    private final class Failing implements PageAllocator {
        @Override
        public long allocate(long size, long alignment) {
            if (untilFailure > 0 && --untilFailure == 0) {
                throw new IommuException(Errno.ENOMEM, "this allocation is refused");
            }
            return arena.allocate(size, alignment);
        }

        @Override
        public void free(long address, long size) {
            arena.free(address, size);
        }
    }

    VtdDriver driver() {
        return iommu.drivers().get(0);
    }

    DeviceNode device(String name) {
        return Objects.requireNonNull(bus.find(name), name);
    }

    IommuGroup group(String name) {
        return Objects.requireNonNull(core.groupOf(device(name)), name);
    }

    /** A user's domain that is attached to a function. */
    IommuDomain attached(String name) {
        IommuDomain domain = core.newPagingDomain(device(name));
        group(name).dmaOwnership().claim(this);
        group(name).attach(domain);
        return domain;
    }

    /** Where an access goes; -1 when it is blocked. */
    long dma(String name, long iova, Access access) {
        int sid = RequesterId.parse(name).bits();
        long answer = unit.translate(sid, TranslationUnit.NO_SUBSTREAM, iova, access.bits());
        return Translations.isOk(answer) ? Translations.pa(answer) : -1;
    }

    long read(VtdRegister register) {
        return unit.registers()
                .read(
                        register.offset(
                                unit.capabilities().cap(), unit.capabilities().ecap()),
                        register.width());
    }

    /** What was submitted since this was last asked, without the waits. */
    List<InvalidationDescriptor> takeDescriptors() {
        long iqa = read(VtdRegister.IQA);
        int bytes = Iqa.DW.isSet(iqa) ? 32 : 16;
        int size = (int) (4096L << Iqa.QS.getInt(iqa));
        int tail = (int) read(VtdRegister.IQT);
        List<InvalidationDescriptor> taken = new ArrayList<>();
        while (readUpTo != tail) {
            InvalidationDescriptor descriptor =
                    InvalidationDescriptor.readFrom(memory, Iqa.IQA.inPlace(iqa) + readUpTo, bytes);
            if (descriptor.code() != InvalidationType.WAIT.code()) {
                taken.add(descriptor);
            }
            readUpTo = (readUpTo + bytes) % size;
        }
        return taken;
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
