package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.device.PciHardware;
import io.github.iommu4j.core.driver.KernelServices;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.testkit.conformance.DriverSubject;
import io.github.iommu4j.vtd.hardware.Vtd;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;

/** A machine with one unit and a few functions, as the conformance suite wants it. */
final class VtdMachine implements DriverSubject {

    static final List<String> FUNCTIONS =
            List.of("0000:00:01.0", "0000:00:02.0", "0000:00:03.0", "0000:00:03.1", "0000:01:00.0");

    private static final long STRUCTURES = 0x2000_0000L;
    private static final long STRUCTURES_SIZE = 0x1000_0000L;
    /** The invalidation queue and its statuses are the first that is allocated; every unit snoops those. */
    private static final long QUEUE_END = STRUCTURES + 0x2000;

    private final VtdCapabilities capabilities;
    private final PciFeatures features;

    VtdMachine(VtdCapabilities capabilities, PciFeatures features) {
        this.capabilities = capabilities;
        this.features = features;
    }

    @Override
    public Installation install(Surroundings surroundings) {
        WriteBackMemory memory = new WriteBackMemory(surroundings.memory(), STRUCTURES, QUEUE_END);
        boolean snoops = capabilities.isCoherent() && capabilities.hasCoherentScalableWalks();
        Vtd unit = Vtd.builder(snoops ? surroundings.memory() : memory.walker(), capabilities)
                .build();
        KernelServices kernel = KernelServices.builder(surroundings.memory(), surroundings.allocator())
                .structures(
                        new ArenaAllocator(surroundings.memory(), STRUCTURES, STRUCTURES_SIZE, surroundings.locking()))
                .locking(surroundings.locking())
                .release(surroundings.release())
                .caches(memory)
                .build();
        VtdHost host = VtdHost.builder(kernel).features(function -> features).build();
        DmarTable table = DmarTable.of(
                        capabilities.hostAddressWidth(), DmarUnit.ofEverything("dmar0", unit.registers()))
                .with(AtsReach.allPorts(0));
        return new Installed(unit, IntelIommu.start(table, host));
    }

    @Override
    public PciHardware pci() {
        PciHardware hardware = new PciHardware().rootBus(0, 0);
        for (String name : FUNCTIONS) {
            RequesterId id = RequesterId.parse(name);
            hardware.plug(id, PciFunction.at(id).multifunctionBit());
        }
        RequesterId bridge = RequesterId.parse("0000:00:04.0");
        return hardware.plug(bridge, PciFunction.at(bridge).bridgeTo(1, 1));
    }

    private record Installed(Vtd unit, IntelIommu iommu) implements Installation {

        @Override
        public IommuDriver driver() {
            return iommu.drivers().get(0);
        }

        @Override
        public OptionalLong translate(Device device, long iova, Access access) {
            return translate(device, TranslationUnit.NO_SUBSTREAM, iova, access);
        }

        @Override
        public OptionalLong translate(Device device, int pasid, long iova, Access access) {
            PciFunction function = Objects.requireNonNull(((DeviceNode) device).pciFunction());
            long answer = unit.translate(function.id().bits(), pasid, iova, access.bits());
            return Translations.isOk(answer) ? OptionalLong.of(Translations.pa(answer)) : OptionalLong.empty();
        }

        @Override
        public boolean step() {
            boolean consumed = unit.step();
            return iommu.step() || consumed;
        }

        @Override
        public List<String> leaks() {
            int ids = iommu.drivers().get(0).domainIdsInUse();
            return ids == 0 ? List.of() : List.of(ids + " domain ids");
        }
    }
}
