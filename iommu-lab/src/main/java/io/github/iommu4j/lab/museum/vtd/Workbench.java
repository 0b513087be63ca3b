package io.github.iommu4j.lab.museum.vtd;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeferredProbe;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.device.PciHardware;
import io.github.iommu4j.core.device.PciHost;
import io.github.iommu4j.core.driver.KernelServices;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.vtd.driver.DeviceScope;
import io.github.iommu4j.vtd.driver.DmarTable;
import io.github.iommu4j.vtd.driver.DmarUnit;
import io.github.iommu4j.vtd.driver.IntelIommu;
import io.github.iommu4j.vtd.driver.ReservedMemory;
import io.github.iommu4j.vtd.driver.VtdErratum;
import io.github.iommu4j.vtd.driver.VtdHost;
import io.github.iommu4j.vtd.hardware.Vtd;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** A machine with one unit and a storage card whose firmware has memory of its own. Confined to one thread. */
final class Workbench {

    static final RequesterId CARD = RequesterId.parse("0000:00:02.0");
    static final RequesterId NIC = RequesterId.parse("0000:00:03.0");
    static final long FIRMWARE = 0x7000_0000L;

    private static final long ARENA = 0x4000_0000L;
    private static final long ARENA_SIZE = 1 << 28;
    private static final int STORAGE = 0x01_0400;

    private final Vtd unit;
    private final IommuCore core;
    private final BusType bus;

    Workbench(VtdCapabilities capabilities, Set<Erratum> errata) {
        SparseMemory memory = new SparseMemory();
        PlainLocking locking = new PlainLocking();
        unit = Vtd.builder(memory, capabilities).build();
        ArenaAllocator arena = new ArenaAllocator(memory, ARENA, ARENA_SIZE, locking);
        VtdHost.Builder host =
                VtdHost.builder(KernelServices.builder(memory, arena).build());
        for (VtdErratum erratum : VtdErratum.values()) {
            if (errata.contains(erratum)) {
                host.erratum(erratum);
            }
        }
        DmarTable table = DmarTable.of(
                        capabilities.hostAddressWidth(), DmarUnit.ofEverything("dmar0", unit.registers()))
                .with(new ReservedMemory(0, FIRMWARE, FIRMWARE + 0xFFF, List.of(DeviceScope.endpoint(CARD))));
        core = IommuCore.builder().locking(locking).build();
        bus = new BusType("pci", locking, new DeferredProbe(locking));
        core.watch(bus);
        IntelIommu.start(table, host.build()).drivers().forEach(core::register);
        PciHardware hardware = new PciHardware()
                .rootBus(0, 0)
                .plug(CARD, PciFunction.at(CARD).classCode(STORAGE))
                .plug(NIC, PciFunction.at(NIC));
        new PciHost(hardware, bus, locking).rescan();
    }

    private DeviceNode device(RequesterId id) {
        return Objects.requireNonNull(bus.find(id.toString()), id.toString());
    }

    IommuGroup group(RequesterId id) {
        return Objects.requireNonNull(core.groupOf(device(id)), id.toString());
    }

    IommuDomain newDomain(RequesterId id) {
        return core.newPagingDomain(device(id));
    }

    /** A user's domain that is attached. */
    IommuDomain attached(RequesterId id) {
        IommuDomain domain = newDomain(id);
        group(id).dmaOwnership().claim(this);
        group(id).attach(domain);
        return domain;
    }

    boolean reads(RequesterId id, long iova) {
        return Translations.isOk(unit.translate(id.bits(), TranslationUnit.NO_SUBSTREAM, iova, Access.READ.bits()));
    }
}
