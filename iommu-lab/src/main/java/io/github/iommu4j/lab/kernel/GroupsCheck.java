package io.github.iommu4j.lab.kernel;

import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.check.CheckResult;
import io.github.iommu4j.lab.check.Differences;
import io.github.iommu4j.lab.oracle.ExpectedGroup;
import io.github.iommu4j.lab.oracle.MachineEntry;
import io.github.iommu4j.lab.oracle.PciEntry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Boots our kernel on machines and compares the groups it forms with those the real kernels formed: for every device its
 * group, or that it has none; for every group its members, its default type and its reserved regions.
 */
public final class GroupsCheck {

    private GroupsCheck() {}

    /**
     * The comparison and the groups it is about.
     *
     * @param comparison what agrees and what differs
     * @param groups our groups by machine and number
     */
    public record Outcome(CheckResult comparison, Map<String, Map<Integer, ExpectedGroup>> groups) {}

    /**
     * Compares all machines.
     *
     * @param machines what the real kernels had
     * @return what was found
     * @throws CaptureException when a machine needs something there is no model of
     */
    public static Outcome run(List<MachineEntry> machines) throws CaptureException {
        CheckResult.Ledger ledger = new CheckResult.Ledger();
        Map<String, Map<Integer, ExpectedGroup>> groups = new LinkedHashMap<>();
        for (MachineEntry entry : machines) {
            KernelMachine machine = KernelMachine.boot(entry, new PlainLocking());
            Map<Integer, ExpectedGroup> ours = groupsOf(machine);
            groups.put(entry.toString(), ours);
            compareDevices(entry, machine, ledger);
            compareGroups(entry, ours, ledger);
        }
        return new Outcome(ledger.result(), groups);
    }

    private static Map<Integer, ExpectedGroup> groupsOf(KernelMachine machine) {
        Map<Integer, ExpectedGroup> groups = new TreeMap<>();
        for (IommuGroup group : machine.machine().core().groups()) {
            groups.put(
                    group.id(),
                    new ExpectedGroup(
                            group.typeName(),
                            group.devices().stream().map(Device::name).toList(),
                            group.reservedRegions().stream()
                                    .map(ReservedRegion::sysfsLine)
                                    .toList()));
        }
        return groups;
    }

    private static void compareDevices(MachineEntry entry, KernelMachine machine, CheckResult.Ledger ledger) {
        for (PciEntry expected : entry.devices()) {
            String name = expected.id().toString();
            DeviceNode node = machine.machine().pciBus().find(name);
            IommuGroup group = node == null ? null : machine.machine().core().groupOf(node);
            Differences found = new Differences(entry.toString(), 0, name);
            found.compare("group", expected.group(), group == null ? null : group.id());
            String driver = node == null || node.shownDriver() == null
                    ? null
                    : node.shownDriver().name();
            found.compare("driver", expected.driver(), driver);
            ledger.judged(entry.toString(), found.list());
        }
    }

    private static void compareGroups(MachineEntry entry, Map<Integer, ExpectedGroup> ours, CheckResult.Ledger ledger) {
        TreeSet<Integer> numbers = new TreeSet<>(entry.groups().keySet());
        numbers.addAll(ours.keySet());
        for (int number : numbers) {
            Differences found = new Differences(entry.toString(), number, "group " + number);
            ExpectedGroup expected = entry.groups().get(number);
            ExpectedGroup actual = ours.get(number);
            if (expected == null || actual == null) {
                found.compare("existence", expected, actual);
            } else {
                found.compare("members", expected.devices(), actual.devices());
                found.compare("type", expected.type(), actual.type());
                found.compare("reserved regions", expected.reservedRegions(), actual.reservedRegions());
            }
            ledger.judged(entry.toString(), found.list());
        }
    }
}
