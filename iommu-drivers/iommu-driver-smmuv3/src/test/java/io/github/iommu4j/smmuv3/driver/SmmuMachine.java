package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.KernelRelease;
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
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.smmuv3.hardware.Smmuv3;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.testkit.conformance.DriverSubject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A machine with one unit, as the conformance suite wants it: with platform devices, or with a few PCI functions. */
final class SmmuMachine implements DriverSubject {

    static final List<String> FUNCTIONS =
            List.of("0000:00:01.0", "0000:00:02.0", "0000:00:03.0", "0000:00:03.1", "0000:01:00.0");

    private static final String UNIT = "9050000.smmuv3";
    private static final long STRUCTURES = 0x2000_0000L;
    private static final long STRUCTURES_SIZE = 0x1000_0000L;

    private final Smmuv3Capabilities capabilities;
    private final Clients clients;
    private final UnaryOperator<SmmuHost.Builder> options;

    /** Which devices there are. */
    enum Clients {
        PLATFORM,
        PCI
    }

    SmmuMachine(Smmuv3Capabilities capabilities, Clients clients, UnaryOperator<SmmuHost.Builder> options) {
        this.capabilities = capabilities;
        this.clients = clients;
        this.options = options;
    }

    @Override
    public Installed install(Surroundings surroundings) {
        // io-pgtable warns of what the suite does on purpose.
        KernelLog log = new KernelLog(KernelLog.WarnPolicy.RECORD);
        Smmuv3 unit =
                Smmuv3.builder(surroundings.memory()).capabilities(capabilities).build();
        ArenaAllocator structures =
                new ArenaAllocator(surroundings.memory(), STRUCTURES, STRUCTURES_SIZE, surroundings.locking());
        KernelServices kernel = KernelServices.builder(surroundings.memory(), surroundings.allocator())
                .structures(structures)
                .locking(surroundings.locking())
                .log(log)
                .release(surroundings.release())
                .build();
        SmmuHost host = options.apply(SmmuHost.builder(kernel)
                        .queueBytesLg2(11)
                        .whilePolling(unit::step)
                        .features(device -> DeviceFeatures.of(5)))
                .build();
        return new Installed(unit, Smmuv3Driver.start(UNIT, unit.registers(), host), log);
    }

    @Override
    public boolean mapsBeforeAttach(KernelRelease release) {
        return !release.smmuv3FinalisesDomainsAtAttach();
    }

    @Override
    public @Nullable PciHardware pci() {
        if (clients == Clients.PLATFORM) {
            return null;
        }
        PciHardware hardware = new PciHardware().rootBus(0, 0);
        for (String name : FUNCTIONS) {
            RequesterId id = RequesterId.parse(name);
            hardware.plug(id, PciFunction.at(id).multifunctionBit());
        }
        RequesterId bridge = RequesterId.parse("0000:00:04.0");
        return hardware.plug(bridge, PciFunction.at(bridge).bridgeTo(1, 1));
    }

    record Installed(Smmuv3 unit, Smmuv3Driver kernel, KernelLog log) implements Installation {

        @Override
        public IommuDriver driver() {
            return kernel;
        }

        @Override
        public OptionalLong translate(Device device, long iova, Access access) {
            return translate(device, TranslationUnit.NO_SUBSTREAM, iova, access);
        }

        @Override
        public OptionalLong translate(Device device, int pasid, long iova, Access access) {
            int sid = Optional.ofNullable(((DeviceNode) device).pciFunction())
                    .map(function -> function.id().bits())
                    .orElse(device.streamId());
            long answer = unit.translate(sid, pasid, iova, access.bits());
            return Translations.isOk(answer) ? OptionalLong.of(Translations.pa(answer)) : OptionalLong.empty();
        }

        @Override
        public boolean step() {
            boolean consumed = unit.step();
            return kernel.step() || consumed;
        }

        @Override
        public List<String> leaks() {
            List<String> leaks = new ArrayList<>();
            if (kernel.idsInUse() != 0) {
                leaks.add(kernel.idsInUse() + " ASIDs and VMIDs");
            }
            if (kernel.unit().streams().count() != 0) {
                leaks.add(kernel.unit().streams().count() + " masters");
            }
            log.drain().stream()
                    .map(KernelLog.Line::text)
                    .filter(text -> text.startsWith("WARNING: ") || text.contains("timeout") || text.contains("CMDQ"))
                    .filter(text -> !text.startsWith("WARNING: nothing is mapped at iova")
                            && !text.startsWith("WARNING: map of iova")
                            && !text.contains("is in the way at iova"))
                    .forEach(leaks::add);
            return leaks;
        }
    }
}
