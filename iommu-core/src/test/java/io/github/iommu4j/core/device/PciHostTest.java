package io.github.iommu4j.core.device;

import static io.github.iommu4j.core.device.DeviceRig.function;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.topology.PciePortType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class PciHostTest {

    private final DeviceRig rig = new DeviceRig();

    private PciHost host() {
        rig.hardware.rootBus(0, 0);
        return new PciHost(rig.hardware, rig.bus, rig.locking);
    }

    private List<String> names() {
        return rig.bus.nodes().stream().map(DeviceNode::name).toList();
    }

    private void plugTwoBridges() {
        rig.plug(
                function("0000:00:02.0").express(PciePortType.ROOT_PORT).bridgeTo(1, 2),
                function("0000:00:03.0").bridgeTo(3, 3),
                function("0000:01:00.0")
                        .express(PciePortType.PCIE_TO_PCI_BRIDGE)
                        .bridgeTo(2, 2),
                function("0000:02:04.0"),
                function("0000:03:01.0"),
                function("0000:00:1f.0"));
    }

    @Test
    void aBusIsEnumeratedBeforeWhatIsBehindItsBridges() {
        plugTwoBridges();
        PciHost host = host();
        host.rescan();
        assertThat(names())
                .containsExactly(
                        "0000:00:02.0", "0000:00:03.0", "0000:00:1f.0", "0000:01:00.0", "0000:02:04.0", "0000:03:01.0");
        DeviceNode leaf = rig.bus.nodes().get(4);
        assertThat(leaf.parent()).isSameAs(rig.bus.nodes().get(3));
        assertThat(leaf.streamId()).isEqualTo(0x220);
        PciFunction function = Objects.requireNonNull(leaf.pciFunction());
        assertThat(host.node(function)).isSameAs(leaf);
        assertThat(host.bus()).isSameAs(rig.bus);
    }

    @Test
    void behindAPortOnlyTheFirstSlotIsLookedAt() {
        rig.plug(
                function("0000:00:02.0").express(PciePortType.ROOT_PORT).bridgeTo(1, 1),
                function("0000:01:00.0"),
                function("0000:01:01.0"));
        host().rescan();
        assertThat(names()).containsExactly("0000:00:02.0", "0000:01:00.0");
    }

    @Test
    void furtherFunctionsAreOnlyFoundBesideAFirstOneWithTheBit() {
        rig.plug(
                function("0000:00:01.0"),
                function("0000:00:01.1"),
                function("0000:00:02.3"),
                function("0000:00:03.0").multifunctionBit(),
                function("0000:00:03.7"));
        host().rescan();
        assertThat(names()).containsExactly("0000:00:01.0", "0000:00:03.0", "0000:00:03.7");
    }

    @Test
    void theMultifunctionMarkComesAfterTheAddition() {
        rig.plug(function("0000:00:03.0").multifunctionBit(), function("0000:00:03.1"));
        List<Boolean> marks = new ArrayList<>();
        rig.bus.addListener((event, device) -> {
            if (event == BusEvent.ADD_DEVICE && device.pciFunction() != null) {
                marks.add(device.pciFunction().isMultifunction());
            }
        });
        host().rescan();
        assertThat(marks).containsExactly(true, false);
        assertThat(rig.bus.nodes().get(1).pciFunction())
                .isNotNull()
                .extracting(PciFunction::isMultifunction)
                .isEqualTo(true);
    }

    @Test
    void driversAreLookedForWhenEverythingWasAdded() {
        plugTwoBridges();
        rig.driver("all", "0000:00:02.0", "0000:02:04.0");
        PciHost host = host();
        host.rescan();
        assertThat(rig.drainJournal())
                .filteredOn(line -> line.startsWith("ADD") || line.startsWith("probe"))
                .containsSubsequence(
                        "ADD_DEVICE 0000:00:02.0",
                        "ADD_DEVICE 0000:03:01.0",
                        "probe 0000:00:02.0 by all",
                        "probe 0000:02:04.0 by all");
        host.rescan();
        assertThat(rig.drainJournal()).isEmpty();
    }

    @Test
    void removalReleasesAndDeletesWhatIsBehindFirst() {
        plugTwoBridges();
        rig.driver("all", "0000:00:02.0", "0000:02:04.0");
        PciHost host = host();
        host.rescan();
        rig.drainJournal();
        host.remove("0000:00:02.0");
        assertThat(rig.drainJournal())
                .filteredOn(line -> line.startsWith("remove") || line.startsWith("REMOVED"))
                .containsExactly(
                        "remove 0000:02:04.0 by all",
                        "remove 0000:00:02.0 by all",
                        "REMOVED_DEVICE 0000:02:04.0",
                        "REMOVED_DEVICE 0000:01:00.0",
                        "REMOVED_DEVICE 0000:00:02.0");
        assertThat(names()).containsExactly("0000:00:03.0", "0000:00:1f.0", "0000:03:01.0");
        host.rescan();
        assertThat(names()).endsWith("0000:00:02.0", "0000:01:00.0", "0000:02:04.0");
    }

    @Test
    void whatIsNotThereCannotBeRemoved() {
        PciHost host = host();
        assertThatExceptionOfType(IommuException.class)
                .isThrownBy(() -> host.remove("0000:00:02.0"))
                .satisfies(refusal -> assertThat(refusal.errno()).isEqualTo(Errno.ENOENT));
    }

    @Test
    void whatWasPulledOutIsNotFoundAgain() {
        rig.plug(function("0000:00:01.0"), function("0000:00:02.0"), function("0000:00:03.0"));
        PciHost host = host();
        host.rescan();
        List.of("0000:00:01.0", "0000:00:02.0").forEach(host::remove);
        rig.hardware.unplug(RequesterId.parse("0000:00:01.0"));
        rig.hardware.conceal(RequesterId.parse("0000:00:02.0"));
        host.rescan();
        assertThat(names()).containsExactly("0000:00:03.0");
        rig.hardware.reveal(RequesterId.parse("0000:00:02.0"));
        host.rescan();
        assertThat(names()).containsExactly("0000:00:03.0", "0000:00:02.0");
    }

    @Test
    void aPlaceCanBeTakenOnce() {
        rig.plug(function("0000:00:01.0"));
        assertThatIllegalArgumentException().isThrownBy(() -> rig.plug(function("0000:00:01.0")));
    }

    @Test
    void aRefusedConfigurationOfAFoundDeviceIsLoggedBefore72() {
        rig.plug(function("0000:00:01.0"));
        rig.driver("net", "0000:00:01.0");
        rig.dmaRefusal = Errno.EBUSY;
        PciHost host = host();
        host.rescan();
        assertThat(rig.drainLog()).containsExactly("4 pci 0000:00:01.0: device attach failed (-16)");
        host.remove("0000:00:01.0");
        rig.bus.reportTo(rig.log, KernelRelease.V7_2);
        host.rescan();
        assertThat(rig.drainLog()).isEmpty();
        host.remove("0000:00:01.0");
        rig.bus.reportTo(rig.log, KernelRelease.V6_12);
        rig.dmaRefusal = Errno.EPROBE_DEFER;
        host.rescan();
        assertThat(rig.drainLog()).isEmpty();
    }
}
