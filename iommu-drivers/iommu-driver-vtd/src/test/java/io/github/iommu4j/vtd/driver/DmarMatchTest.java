package io.github.iommu4j.vtd.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.driver.KernelServices;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.topology.PciBus;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.topology.PciePortType;
import io.github.iommu4j.vtd.hardware.Vtd;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Which unit, memory and rights firmware gives a function (Intel VT-d chapter 8). */
class DmarMatchTest {

    private static final MmioRegion REGISTERS =
            Vtd.builder(new SparseMemory(), VtdCapabilities.legacy()).build().registers();

    private final PciBus root = PciBus.root(0, 0);
    private final PciFunction graphics =
            onRoot(PciFunction.at(id("0000:00:02.0")).classCode(0x03_0000));
    private final PciFunction port = onRoot(
            PciFunction.at(id("0000:00:1c.0")).express(PciePortType.ROOT_PORT).bridgeTo(1, 2));
    private final PciFunction bridge = below(
            port,
            PciFunction.at(id("0000:01:00.0"))
                    .express(PciePortType.PCIE_TO_PCI_BRIDGE)
                    .bridgeTo(2, 2));
    private final PciFunction old = below(bridge, PciFunction.at(id("0000:02:04.0")));
    private final PciFunction elsewhere = elsewhere();

    private static RequesterId id(String name) {
        return RequesterId.parse(name);
    }

    private PciFunction onRoot(PciFunction.Builder builder) {
        PciFunction function = builder.build();
        root.add(function);
        return function;
    }

    private static PciFunction below(PciFunction above, PciFunction.Builder builder) {
        PciFunction function = builder.build();
        Objects.requireNonNull(above.secondary()).add(function);
        return function;
    }

    private static PciFunction elsewhere() {
        PciFunction function = PciFunction.at(id("0001:00:02.0")).build();
        PciBus.root(1, 0).add(function);
        return function;
    }

    private static DmarUnit unit(String name, DmarUnit.Coverage coverage, DeviceScope... scopes) {
        return new DmarUnit(name, 0, REGISTERS, coverage, List.of(scopes));
    }

    @Test
    void aNamedFunctionIsItsUnitsAndTheRestIsOfTheOneForAllOthersWhereverThatStands() {
        DmarUnit others = unit("dmar1", DmarUnit.Coverage.ALL_OTHERS);
        DmarUnit ofGraphics = unit("dmar0", DmarUnit.Coverage.NAMED, DeviceScope.endpoint(id("0000:00:02.0")));
        DmarMatch match = new DmarMatch(DmarTable.of(48, others, ofGraphics));
        assertThat(match.unitOf(graphics)).isEqualTo(ofGraphics);
        assertThat(match.unitOf(old)).isEqualTo(others);
        assertThat(match.unitOf(elsewhere)).isNull();
    }

    @Test
    void aBridgeScopeHasEverythingBelow() {
        DmarUnit below = unit("dmar0", DmarUnit.Coverage.NAMED, DeviceScope.below(id("0000:00:1c.0")));
        DmarMatch match = new DmarMatch(DmarTable.of(48, below));
        assertThat(match.unitOf(port)).isEqualTo(below);
        assertThat(match.unitOf(old)).isEqualTo(below);
        assertThat(match.unitOf(graphics)).isNull();
    }

    @Test
    void aPathGoesOverBridgesAndAnEndpointScopeEndsThere() {
        DeviceScope path = new DeviceScope(DeviceScope.Kind.ENDPOINT, 0, List.of(0xE0, 0x00, 0x20));
        DmarUnit one = unit("dmar0", DmarUnit.Coverage.NAMED, path);
        DmarMatch match = new DmarMatch(DmarTable.of(48, one));
        assertThat(match.unitOf(old)).isEqualTo(one);
        assertThat(match.unitOf(bridge)).isNull();
        DeviceScope wrong = new DeviceScope(DeviceScope.Kind.ENDPOINT, 0, List.of(0xE0, 0x08, 0x20));
        assertThat(new DmarMatch(DmarTable.of(48, unit("dmar0", DmarUnit.Coverage.NAMED, wrong))).unitOf(old))
                .isNull();
    }

    @Test
    void brokenFirmwareMayNameAFunctionByItsOwnBus() {
        DeviceScope direct = new DeviceScope(DeviceScope.Kind.ENDPOINT, 2, List.of(0x20));
        DmarTable table = DmarTable.of(48).with(new ReservedMemory(0, 0x1000, 0x1FFF, List.of(direct)));
        assertThat(new DmarMatch(table).reservedFor(old)).hasSize(1);
        assertThat(new DmarMatch(table).reservedFor(graphics)).isEmpty();
        assertThat(new DmarMatch(table).reservedFor(elsewhere)).isEmpty();
    }

    @Test
    void translationsAreCachedUnderNamedPortsOrAll() {
        DmarMatch nobody = new DmarMatch(DmarTable.of(48));
        assertThat(nobody.allowsAts(old)).isFalse();
        DmarMatch named = new DmarMatch(DmarTable.of(48)
                .with(new AtsReach(0, AtsReach.Extent.NAMED, List.of(DeviceScope.below(id("0000:00:1c.0"))))));
        assertThat(named.allowsAts(old)).isTrue();
        assertThat(named.allowsAts(graphics)).isFalse();
        DmarMatch all = new DmarMatch(DmarTable.of(48).with(AtsReach.allPorts(0)));
        assertThat(all.allowsAts(graphics)).isTrue();
        assertThat(all.allowsAts(elsewhere)).isFalse();
    }

    private static RequiredTypes types(DmarMatch match, VtdOption... options) {
        SparseMemory memory = new SparseMemory();
        VtdHost.Builder host = VtdHost.builder(
                KernelServices.builder(memory, new ArenaAllocator(memory, 0, 0x1000, new PlainLocking()))
                        .build());
        for (VtdOption option : options) {
            host.option(option);
        }
        return new RequiredTypes(host.build(), new ReservedRanges(match));
    }

    private static UnitCapabilities capabilities() {
        return new UnitCapabilities(
                VtdCapabilities.legacy().cap(), VtdCapabilities.legacy().ecap(), UnitCapabilities.Mode.LEGACY);
    }

    @Test
    void brokenAudioAndUntranslatedGraphicsPass() {
        DmarMatch match = new DmarMatch(DmarTable.of(48));
        PciFunction audio = onRoot(PciFunction.at(id("0000:00:1b.0")).ids(0x8086, 0x3A3E));
        assertThat(types(match).of(audio, capabilities())).isNull();
        assertThat(types(match, VtdOption.AZALIA_BROKEN).of(audio, capabilities()))
                .isEqualTo(DomainType.IDENTITY);
        assertThat(types(match, VtdOption.GRAPHICS_OFF).of(graphics, capabilities()))
                .isEqualTo(DomainType.IDENTITY);
        assertThat(types(match, VtdOption.GRAPHICS_OFF).of(audio, capabilities()))
                .isNull();
    }

    @Test
    void in2019ConventionalDevicesAndLockedMemoryNeededTranslation() {
        DmarMatch match = new DmarMatch(DmarTable.of(48)
                .with(new ReservedMemory(0, 0x1000, 0x1FFF, List.of(DeviceScope.below(id("0000:00:1c.0")))))
                .with(new ReservedMemory(0, 0x8000, 0x8FFF, List.of(DeviceScope.endpoint(id("0000:00:02.0"))))));
        RequiredTypes types = types(match, VtdOption.GRAPHICS_OFF);
        assertThat(types.of2019(port)).as("locked memory").isEqualTo(DomainType.DMA);
        assertThat(types.of2019(graphics)).as("relaxable memory").isEqualTo(DomainType.IDENTITY);
        RequiredTypes plain = types(new DmarMatch(DmarTable.of(48)));
        assertThat(plain.of2019(old)).as("conventional").isEqualTo(DomainType.DMA);
        assertThat(plain.of2019(bridge)).as("a bridge to PCI").isEqualTo(DomainType.DMA);
        assertThat(plain.of2019(graphics)).as("on the root bus").isNull();
        assertThat(plain.of2019(port)).isNull();
    }
}
