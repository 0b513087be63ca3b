package io.github.iommu4j.testkit.errata;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.core.device.PciHardware;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.explore.Exploration;
import io.github.iommu4j.testkit.explore.Finding;
import io.github.iommu4j.testkit.explore.Interleavings;
import io.github.iommu4j.testkit.explore.Scenario;
import io.github.iommu4j.testkit.explore.Stage;
import io.github.iommu4j.testkit.machine.MockHost;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import io.github.iommu4j.testkit.machine.TestMachine;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Probes of one device at the same time. */
final class ProbeRaces {

    private static final String DEVICE = "0000:00:01.0";

    private ProbeRaces() {}

    static List<String> registerAndReplay(Set<Erratum> errata) {
        Exploration exploration = explore(errata);
        return exploration.finding().map(Finding::toText).stream().toList();
    }

    static Exploration explore(Set<Erratum> errata) {
        return Interleavings.of(scenario(errata)).exhaustive();
    }

    private static Scenario scenario(Set<Erratum> errata) {
        return stage -> setUp(stage, errata);
    }

    private static void setUp(Stage stage, Set<Erratum> errata) {
        RequesterId id = RequesterId.parse(DEVICE);
        PciHardware hardware = new PciHardware().rootBus(0, 0);
        hardware.plug(id, PciFunction.at(id));
        TestMachine.Builder description = TestMachine.builder()
                .locking(stage.locking())
                .warnings(KernelLog.WarnPolicy.RECORD)
                .hardware(hardware);
        errata.forEach(description::erratum);
        TestMachine machine = description.build().boot(List.of());
        Map<String, Integer> probes = new HashMap<>();
        MockIommuDriver iommu =
                new MockIommuDriver("dmar0", MockHost.intel(48)).serving(device -> count(probes, device));
        Device device = machine.device(DEVICE);
        stage.invariant("one probe at a time", () -> {
            if (probes.getOrDefault(device.name(), 0) > 1) {
                throw new AssertionError(device + " is probed twice");
            }
        });
        stage.task("registers", () -> machine.core().register(iommu));
        stage.task("replays", () -> {
            try {
                machine.core().probe(machine.device(DEVICE));
            } catch (IommuException notYet) {
                probes.merge(device.name(), 0, Integer::sum);
            }
        });
    }

    private static boolean count(Map<String, Integer> probes, Device device) {
        probes.merge(device.name(), 1, Integer::sum);
        return true;
    }
}
