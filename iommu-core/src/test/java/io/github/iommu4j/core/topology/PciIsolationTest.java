package io.github.iommu4j.core.topology;

import static io.github.iommu4j.core.topology.Tree.badPort;
import static io.github.iommu4j.core.topology.Tree.conventional;
import static io.github.iommu4j.core.topology.Tree.endpoint;
import static io.github.iommu4j.core.topology.Tree.goodPort;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.device.RequesterId;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which functions share a group. */
class PciIsolationTest {

    private final Tree tree = new Tree();

    private int group(String address, UnaryOperator<PciFunction.Builder> description) {
        return tree.groupOf(address, description);
    }

    private int mark(String address, UnaryOperator<PciFunction.Builder> description) {
        PciFunction function = tree.plug(address, description);
        function.markMultifunction();
        return tree.group(function);
    }

    @Test
    void aPortWithAccessControlStandsApartFromWhatIsBehind() {
        assertThat(group("00:02.0", goodPort(1))).isZero();
        assertThat(group("01:00.0", endpoint())).isEqualTo(1);
    }

    @Test
    void aPortWithoutItJoinsEverythingBehind() {
        assertThat(group("00:02.0", badPort(1))).isZero();
        assertThat(group("01:00.0", endpoint())).isZero();
        assertThat(group("01:00.1", endpoint())).isZero();
    }

    @Test
    void theControlBitsDecideNotTheCapability() {
        assertThat(group(
                        "00:02.0",
                        builder -> builder.express(PciePortType.ROOT_PORT)
                                .accessControl(Tree.SWITCHED_OFF)
                                .bridgeTo(1, 1)))
                .isZero();
        assertThat(group("01:00.0", endpoint())).isZero();
    }

    @Test
    void functionsOfASlotShareUnlessBothIsolate() {
        assertThat(group("00:02.0", goodPort(1))).isZero();
        assertThat(mark("01:00.0", endpoint())).isEqualTo(1);
        assertThat(mark("01:00.1", conventional())).isEqualTo(1);
        assertThat(mark("00:03.0", conventional())).isEqualTo(2);
        assertThat(mark("00:03.1", conventional())).isEqualTo(2);
        assertThat(mark("00:04.0", conventional())).isEqualTo(3);
    }

    @Test
    void portsOfASlotWithAccessControlStandAloneBesideOneWithout() {
        assertThat(mark("00:02.0", goodPort(1))).isZero();
        assertThat(mark("00:02.1", badPort(2))).isEqualTo(1);
        assertThat(mark("00:02.2", goodPort(3))).isEqualTo(2);
        assertThat(group("02:00.0", endpoint())).isEqualTo(1);
        assertThat(group("01:00.0", endpoint())).isEqualTo(3);
    }

    @Test
    void aFunctionWithoutTheMarkIsAlone() {
        assertThat(mark("00:03.0", conventional())).isZero();
        assertThat(group("00:03.1", conventional())).isEqualTo(1);
    }

    @Test
    void endpointsIntegratedByIntelNeedNoAccessControl() {
        UnaryOperator<PciFunction.Builder> intel =
                builder -> builder.ids(0x8086, 0x10D3).express(PciePortType.RC_ENDPOINT);
        assertThat(mark("00:09.0", intel)).isZero();
        assertThat(mark("00:09.1", intel)).isEqualTo(1);
        UnaryOperator<PciFunction.Builder> other = builder -> builder.express(PciePortType.RC_ENDPOINT);
        assertThat(mark("00:0a.0", other)).isEqualTo(2);
        assertThat(mark("00:0a.1", other)).isEqualTo(2);
        UnaryOperator<PciFunction.Builder> slot =
                builder -> builder.ids(0x8086, 0x10D3).express(PciePortType.ENDPOINT);
        assertThat(mark("00:0b.0", slot)).isEqualTo(3);
        assertThat(mark("00:0b.1", slot)).isEqualTo(3);
    }

    @Test
    void aFunctionKnownToIsolateNeedsNoAccessControl() {
        UnaryOperator<PciFunction.Builder> known =
                builder -> builder.express(PciePortType.ENDPOINT).quirk(PciQuirk.ISOLATED_WITHOUT_ACS);
        assertThat(mark("00:03.0", known)).isZero();
        assertThat(mark("00:03.1", known)).isEqualTo(1);
    }

    @Test
    void aBridgeToConventionalPciCollectsEverythingBelow() {
        assertThat(group("00:02.0", goodPort(1))).isZero();
        assertThat(group(
                        "01:00.0",
                        builder ->
                                builder.express(PciePortType.PCIE_TO_PCI_BRIDGE).bridgeTo(2, 3)))
                .isEqualTo(1);
        assertThat(group("02:01.0", builder -> builder.bridgeTo(3, 3))).isEqualTo(1);
        assertThat(group("03:05.0", conventional())).isEqualTo(1);
        assertThat(group("02:02.0", conventional())).isEqualTo(1);
    }

    @Test
    void downstreamPortsWithoutAccessControlKeepTheirChildrenButNotEachOther() {
        assertThat(group("00:02.0", goodPort(1))).isZero();
        assertThat(group(
                        "01:00.0",
                        builder -> builder.express(PciePortType.UPSTREAM_PORT).bridgeTo(2, 4)))
                .isEqualTo(1);
        assertThat(group(
                        "02:00.0",
                        builder -> builder.express(PciePortType.DOWNSTREAM_PORT).bridgeTo(3, 3)))
                .isEqualTo(2);
        assertThat(group(
                        "02:01.0",
                        builder -> builder.express(PciePortType.DOWNSTREAM_PORT).bridgeTo(4, 4)))
                .isEqualTo(3);
        assertThat(group("03:00.0", endpoint())).isEqualTo(2);
        assertThat(group("04:00.0", endpoint())).isEqualTo(3);
    }

    @Test
    void functionsThatBorrowEachOthersIdsShare() {
        assertThat(group("00:05.0", conventional())).isZero();
        assertThat(group("00:06.0", builder -> builder.alias(0x28))).isZero();
        assertThat(group("00:07.0", builder -> builder.alias(0x48))).isEqualTo(1);
        assertThat(group("00:09.0", conventional())).isEqualTo(1);
        assertThat(group("00:0a.0", conventional())).isEqualTo(2);
    }

    @Test
    void aSlotMateOfABorrowedFunctionSharesToo() {
        PciFunction lender = tree.plug("00:05.1", conventional());
        lender.markMultifunction();
        PciFunction mate = tree.plug("00:05.0", conventional());
        mate.markMultifunction();
        assertThat(tree.group(mate)).isZero();
        assertThat(group("00:06.0", builder -> builder.alias(0x29))).isZero();
    }

    @Test
    void aCircleOfBorrowersEnds() {
        PciFunction first = tree.plug("00:05.0", builder -> builder.alias(0x30).multifunctionBit());
        tree.plug("00:06.0", builder -> builder.alias(0x38).multifunctionBit());
        tree.plug("00:07.0", builder -> builder.alias(0x28).multifunctionBit());
        assertThat(tree.group(first)).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aloneOnTheRootEveryTypeIsolatesAsTheSpecificationSays(PciePortType type) {
        PciFunction plain = tree.plug("00:03.0", builder -> builder.express(type));
        boolean endpointLike = switch (type) {
            case ENDPOINT, LEGACY_ENDPOINT, RC_ENDPOINT, UPSTREAM_PORT -> true;
            default -> false;
        };
        assertThat(PciIsolation.isolates(plain)).isEqualTo(endpointLike);
        plain.markMultifunction();
        assertThat(PciIsolation.isolates(plain)).isFalse();
        PciFunction controlled =
                tree.plug("00:04.0", builder -> builder.express(type).accessControl(Tree.ISOLATING));
        controlled.markMultifunction();
        boolean never = switch (type) {
            case PCIE_TO_PCI_BRIDGE, PCI_TO_PCIE_BRIDGE, RC_EVENT_COLLECTOR -> true;
            default -> false;
        };
        assertThat(PciIsolation.isolates(controlled)).isEqualTo(!never);
        assertThat(PciIsolation.isolatesToRoot(controlled)).isEqualTo(!never);
    }

    @Test
    void aConventionalFunctionNeverIsolates() {
        PciFunction function = PciFunction.at(RequesterId.parse("0000:00:01.0")).build();
        assertThat(PciIsolation.isolates(function)).isFalse();
    }
}
