package io.github.iommu4j.lab.faults;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.KernelRelease;
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
import io.github.iommu4j.testkit.machine.DmaJob;
import io.github.iommu4j.testkit.machine.EndpointMap;
import io.github.iommu4j.testkit.machine.FakeDevice;
import io.github.iommu4j.vtd.driver.AtsReach;
import io.github.iommu4j.vtd.driver.DmarTable;
import io.github.iommu4j.vtd.driver.DmarUnit;
import io.github.iommu4j.vtd.driver.IntelIommu;
import io.github.iommu4j.vtd.driver.PciFeatures;
import io.github.iommu4j.vtd.driver.VtdHost;
import io.github.iommu4j.vtd.hardware.Vtd;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import io.github.iommu4j.vtd.layout.InvalidationDescriptor;
import io.github.iommu4j.vtd.layout.InvalidationType;
import io.github.iommu4j.vtd.layout.PageRequestDescriptor;
import io.github.iommu4j.vtd.layout.RegisterFields.Iqa;
import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A VT-d unit with a PCI function that asks for pages. */
final class VtdScene implements FaultScene {

    private static final String NAME = "0000:00:02.0";
    private static final int PASID = 5;
    private static final int TRANSLATIONS = 4;
    private static final int TRIES = 3;
    private static final PciFeatures FEATURES = new PciFeatures(8, 16, 32);
    private static final long ARENA = 0x4000_0000L;
    private static final long ARENA_BYTES = 0x1000_0000L;
    private static final int PAGE = 4096;
    private static final int QUEUE_PAGES_LG2 = 7;
    private static final int WIDE = 32;

    private final PhysicalMemory memory = new SparseMemory();
    private final Vtd unit;
    private final IntelIommu iommu;
    private final IommuCore core;
    private final BusType bus;
    private final FakeDevice device;
    private int requestsRead;
    private int descriptorsRead;

    VtdScene(KernelRelease release, FaultOptions options, Timeline timeline) {
        PlainLocking locking = new PlainLocking();
        KernelLog log = new KernelLog(KernelLog.WarnPolicy.RECORD);
        EndpointMap endpoints = new EndpointMap();
        VtdCapabilities capabilities = VtdCapabilities.everything();
        unit = Vtd.builder(memory, capabilities).endpoints(endpoints).build();
        core = IommuCore.builder()
                .locking(locking)
                .release(release)
                .log(log)
                .faults(options)
                .build();
        KernelServices kernel = KernelServices.builder(memory, new ArenaAllocator(memory, ARENA, ARENA_BYTES, locking))
                .locking(locking)
                .release(release)
                .log(log)
                .faults(core::reportFault)
                .deviceFaults((from, event) -> {
                    timeline.add(Timeline.Place.KERNEL, FaultScene.text(event));
                    return core.faults().report(from, event);
                })
                .build();
        VtdHost host = VtdHost.builder(kernel).features(function -> FEATURES).build();
        iommu = IntelIommu.start(
                DmarTable.of(capabilities.hostAddressWidth(), DmarUnit.ofEverything("dmar0", unit.registers()))
                        .with(AtsReach.allPorts(0)),
                host);
        bus = new BusType("pci", locking, new DeferredProbe(locking));
        core.watch(bus);
        RequesterId id = RequesterId.parse(NAME);
        PciHardware hardware = new PciHardware().rootBus(0, 0);
        hardware.plug(id, PciFunction.at(id));
        new PciHost(hardware, bus, locking).rescan();
        iommu.drivers().forEach(core::register);
        device = FakeDevice.builder(unit, memory, id.bits())
                .translationCache(TRANSLATIONS, unit::complete)
                .pageRequests(unit, TRIES)
                .build();
        endpoints.add(id.bits(), device);
    }

    private long read(VtdRegister register) {
        return unit.registers().read(register.offset(), register.width());
    }

    @Override
    public String name() {
        return "vtd, PRI";
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
        return Objects.requireNonNull(bus.find(NAME), NAME);
    }

    @Override
    public FakeDevice device() {
        return device;
    }

    /** Page requests come with a PASID only, and need a domain on the function itself as well. */
    @Override
    public IommuDomain attach() {
        IommuGroup group = Objects.requireNonNull(core.groupOf(node()));
        IommuDomain own = core.newPagingDomain(node());
        group.dmaOwnership().claim(this);
        group.attach(own);
        IommuDomain domain = core.newPagingDomain(node());
        group.attachPasid(domain, PASID);
        takeRecords();
        takeAnswers();
        return domain;
    }

    @Override
    public Explanation explain(long iova) {
        return unit.explain(DmaRequest.write(RequesterId.parse(NAME).bits(), iova)
                .withSubstream(PASID)
                .ofType(AddressType.TRANSLATION_REQUEST));
    }

    @Override
    public DmaJob job(DmaJob plain) {
        return plain.withPasid(PASID);
    }

    @Override
    public boolean step() {
        return iommu.step();
    }

    @Override
    public List<String> takeRecords() {
        long pqa = read(VtdRegister.PQA);
        int size = PAGE << (int) (pqa & QUEUE_PAGES_LG2);
        long base = pqa & -PAGE;
        int tail = (int) read(VtdRegister.PQT);
        List<String> taken = new ArrayList<>();
        while (requestsRead != tail) {
            PageRequestDescriptor request = PageRequestDescriptor.readFrom(memory, base + requestsRead);
            taken.add("PRQ " + FaultScene.hex(request.q0(), request.q1(), request.q2(), request.q3()));
            requestsRead = (requestsRead + PageRequestDescriptor.BYTES) % size;
        }
        return taken;
    }

    @Override
    public List<String> takeAnswers() {
        long iqa = read(VtdRegister.IQA);
        int bytes = Iqa.DW.isSet(iqa) ? WIDE : WIDE / 2;
        int size = (int) ((long) PAGE << Iqa.QS.getInt(iqa));
        int tail = (int) read(VtdRegister.IQT);
        List<String> answers = new ArrayList<>();
        while (descriptorsRead != tail) {
            InvalidationDescriptor descriptor =
                    InvalidationDescriptor.readFrom(memory, Iqa.IQA.inPlace(iqa) + descriptorsRead, bytes);
            if (descriptor.code() == InvalidationType.PAGE_GROUP_RESPONSE.code()) {
                answers.add("page_grp_resp_dsc "
                        + FaultScene.hex(descriptor.q0(), descriptor.q1(), descriptor.q2(), descriptor.q3()));
            }
            descriptorsRead = (descriptorsRead + bytes) % size;
        }
        return answers;
    }

    @Override
    public void remove() {
        bus.remove(node());
    }

    @Override
    public String waiting() {
        return "it has no translation and asks for the page";
    }
}
