package io.github.iommu4j.core.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.iommu4j.api.device.RequesterId;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class TopologyTest {

    private final Tree tree = new Tree();

    private static List<String> aliases(PciFunction function) {
        List<String> aliases = new ArrayList<>();
        Object end = DmaAliases.forEach(function, (alias, id) -> {
            aliases.add(alias + "=" + Integer.toHexString(id));
            return null;
        });
        assertThat(end).isNull();
        return aliases;
    }

    @Test
    void portsForwardIdsAndConventionalBridgesReplaceThem() {
        tree.plug("00:02.0", Tree.goodPort(1));
        tree.plug(
                "01:00.0",
                builder -> builder.express(PciePortType.PCIE_TO_PCI_BRIDGE).bridgeTo(2, 3));
        tree.plug("02:04.0", builder -> builder.bridgeTo(3, 3));
        PciFunction leaf = tree.plug("03:01.0", builder -> builder.alias(0x109));
        assertThat(aliases(leaf))
                .containsExactly("0000:03:01.0=308", "0000:03:01.0=309", "0000:02:04.0=220", "0000:01:00.0=200");
    }

    @Test
    void aBridgeMayUseTheIdOfItsSecondaryBus() {
        tree.plug("00:04.0", builder -> builder.bridgeTo(7, 7).quirk(PciQuirk.BRIDGE_USES_SECONDARY_ID));
        assertThat(aliases(tree.plug("07:00.0", Tree.conventional())))
                .containsExactly("0000:07:00.0=700", "0000:00:04.0=700");
        tree.plug(
                "00:05.0",
                builder -> builder.express(PciePortType.PCI_TO_PCIE_BRIDGE).bridgeTo(8, 8));
        assertThat(aliases(tree.plug("08:00.0", Tree.endpoint())))
                .containsExactly("0000:08:00.0=800", "0000:00:05.0=28");
    }

    @Test
    void theWalkEndsAtATranslationRootAndAtAResult() {
        tree.plug("00:04.0", builder -> builder.bridgeTo(7, 7).quirk(PciQuirk.TRANSLATION_ROOT));
        PciFunction leaf = tree.plug("07:00.0", builder -> builder.alias(1).alias(2));
        assertThat(aliases(leaf)).containsExactly("0000:07:00.0=700", "0000:07:00.0=701", "0000:07:00.0=702");
        assertThat(DmaAliases.<String>forEach(leaf, (alias, id) -> id == 0x701 ? "found" : null))
                .isEqualTo("found");
        assertThat(DmaAliases.<String>forEach(leaf, (alias, id) -> "first")).isEqualTo("first");
    }

    @Test
    void servicesThatAFunctionDoesNotHaveCountAsInForce() {
        assertThat(new AccessControl(0, 0).enforces(AccessControl.ISOLATION)).isTrue();
        assertThat(new AccessControl(0x1D, 0x1D).enforces(AccessControl.ISOLATION))
                .isTrue();
        assertThat(new AccessControl(0x1D, 0x0D).enforces(AccessControl.ISOLATION))
                .isFalse();
        assertThat(new AccessControl(0, 0).enforces(AccessControl.EGRESS_CONTROL))
                .isFalse();
        assertThat(new AccessControl(0, 0x20).enforces(AccessControl.EGRESS_CONTROL))
                .isTrue();
    }

    @Test
    void portTypesAreNumberedAsInTheRegister() {
        for (PciePortType type : PciePortType.values()) {
            assertThat(PciePortType.of(type.code())).isEqualTo(type);
        }
        assertThatIllegalArgumentException().isThrownBy(() -> PciePortType.of(2));
        assertThat(PciePortType.UPSTREAM_PORT.isPort()).isTrue();
        assertThat(PciePortType.DOWNSTREAM_PORT.isPort()).isTrue();
        assertThat(PciePortType.ROOT_PORT.isPort()).isTrue();
        assertThat(PciePortType.ENDPOINT.isPort()).isFalse();
    }

    @Test
    void aBusHoldsWhatIsPutThere() {
        PciFunction bridge = tree.plug("00:04.0", builder -> builder.bridgeTo(7, 9));
        PciBus behind = Objects.requireNonNull(bridge.secondary());
        assertThat(behind.number()).isEqualTo(7);
        assertThat(behind.subordinate()).isEqualTo(9);
        assertThat(behind.bridge()).isSameAs(bridge);
        assertThat(behind.isRoot()).isFalse();
        assertThat(tree.root().isRoot()).isTrue();
        assertThat(tree.root().subordinate()).isEqualTo(255);
        assertThat(behind).hasToString("0000:07");
        PciFunction leaf = tree.plug("07:01.0", Tree.conventional());
        assertThat(leaf.bridge()).isSameAs(bridge);
        assertThat(behind.functions()).containsExactly(leaf);
        assertThat(behind.function(8)).isSameAs(leaf);
        behind.remove(leaf);
        assertThat(behind.functions()).isEmpty();
        assertThat(leaf.bus()).isSameAs(behind);
        assertThat(behind.segment()).isZero();
    }

    @Test
    void aPlaceIsTakenOnceAndOnlyVirtualFunctionsMayBeElsewhere() {
        PciBus root = tree.root();
        root.add(at("0000:00:01.0").build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> root.add(at("0000:00:01.0").build()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> root.add(at("0000:01:02.0").build()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> root.add(at("0001:00:02.0").build()));
        PciFunction virtual = at("0000:01:02.0").virtual().build();
        root.add(virtual);
        assertThat(virtual.bus()).isSameAs(root);
        assertThat(virtual.isVirtual()).isTrue();
    }

    private static PciFunction.Builder at(String address) {
        return PciFunction.at(RequesterId.parse(address));
    }

    @Test
    void aFunctionSaysWhatItsConfigurationSpaceSays() {
        PciFunction function = at("0000:3f:1f.7")
                .ids(0x8086, 0x10D3)
                .classCode(0x020000)
                .express(PciePortType.ENDPOINT)
                .accessControl(Tree.ISOLATING)
                .multifunctionBit()
                .build();
        assertThat(function.vendor()).isEqualTo(0x8086);
        assertThat(function.device()).isEqualTo(0x10D3);
        assertThat(function.classCode()).isEqualTo(0x020000);
        assertThat(function.portType()).isEqualTo(PciePortType.ENDPOINT);
        assertThat(function.accessControl()).isEqualTo(Tree.ISOLATING);
        assertThat(function.isMultifunction()).isTrue();
        assertThat(function.devfn()).isEqualTo(0xFF);
        assertThat(function.secondary()).isNull();
        assertThat(function.aliasDevfns()).isEmpty();
        assertThat(function).hasToString("0000:3f:1f.7");
        assertThat(function.has(PciQuirk.TRANSLATION_ROOT)).isFalse();
        assertThatIllegalStateException().isThrownBy(function::bus);
    }

    @Test
    void onlyFunctionsOfOneBusAndDeviceShareASlot() {
        PciFunction one = tree.plug("00:01.0", Tree.conventional());
        assertThat(one.sharesSlotWith(tree.plug("00:01.1", Tree.conventional())))
                .isTrue();
        assertThat(one.sharesSlotWith(tree.plug("00:02.0", Tree.goodPort(1)))).isFalse();
        assertThat(one.sharesSlotWith(tree.plug("01:01.0", Tree.conventional())))
                .isFalse();
    }
}
