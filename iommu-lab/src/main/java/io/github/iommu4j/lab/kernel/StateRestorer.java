package io.github.iommu4j.lab.kernel;

import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.UserCapabilities;
import io.github.iommu4j.api.device.DeviceDriver;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.device.PciHost;
import io.github.iommu4j.lab.oracle.Snapshot;
import io.github.iommu4j.testkit.machine.TestMachine;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Brings a machine that was just booted to a recorded state without open files, by what any administrator can do: hot
 * removal and rescans, writing types, binding and unbinding. What cannot be had that way stays as it is, and shows as a
 * difference.
 */
final class StateRestorer {

    private final TestMachine machine;
    private final IommuCore core;
    private final BusType bus;
    private final PciHost host;

    StateRestorer(Session session) {
        machine = session.machine().machine();
        core = machine.core();
        bus = machine.pciBus();
        host = machine.pciHost();
    }

    void restore(Snapshot target) {
        if (!differsInGroups(target) && !differsInDevices(target)) {
            return;
        }
        regroup(target);
        target.devices().forEach(this::releaseUnwanted);
        target.groups().forEach(this::retype);
        target.devices().forEach(this::bindWanted);
        core.log().drain();
    }

    private boolean differsInDevices(Snapshot target) {
        return target.devices().entrySet().stream().anyMatch(entry -> {
            DeviceNode node = bus.find(entry.getKey());
            return node == null || !entry.getValue().equals(stateOf(node));
        });
    }

    private boolean differsInGroups(Snapshot target) {
        Map<Integer, Snapshot.GroupState> ours = new TreeMap<>();
        for (IommuGroup group : core.groups()) {
            List<String> members =
                    group.devices().stream().map(Object::toString).toList();
            ours.put(group.id(), new Snapshot.GroupState(group.typeName(), members));
        }
        return !ours.equals(target.groups());
    }

    private Snapshot.DeviceState stateOf(DeviceNode node) {
        IommuGroup group = core.groupOf(node);
        return new Snapshot.DeviceState(
                node.shownDriver() == null ? null : node.shownDriver().name(),
                group == null ? null : group.id(),
                node.driverOverride());
    }

    /**
     * Finds functions that are in another group again, one at a time and in the order of their groups' numbers: the
     * lowest free number is the next one's. Where a number is free in the target, a stand-in takes it for the while.
     */
    private void regroup(Snapshot target) {
        List<String> misplaced = misplaced(target);
        for (String name : misplaced) {
            if (bus.find(name) != null) {
                host.remove(name);
            }
            machine.hardware().conceal(RequesterId.parse(name));
        }
        List<DeviceNode> standIns = new ArrayList<>();
        misplaced.stream()
                .filter(name -> target.devices().containsKey(name))
                .sorted(Comparator.comparingInt((String name) -> groupOf(target, name))
                        .thenComparing(Comparator.<String>naturalOrder().reversed()))
                .forEach(name -> {
                    fillBelow(groupOf(target, name), target, standIns);
                    machine.hardware().reveal(RequesterId.parse(name));
                    host.rescan();
                });
        standIns.forEach(machine.platformBus()::remove);
        misplaced.forEach(name -> machine.hardware().reveal(RequesterId.parse(name)));
    }

    private List<String> misplaced(Snapshot target) {
        List<String> misplaced = new ArrayList<>();
        for (DeviceNode node : bus.nodes()) {
            Snapshot.DeviceState wanted = target.devices().get(node.name());
            IommuGroup group = core.groupOf(node);
            boolean right = wanted != null && (group == null ? wanted.group() == null : same(group, wanted));
            if (!right) {
                misplaced.add(node.name());
            }
        }
        return misplaced;
    }

    private static boolean same(IommuGroup group, Snapshot.DeviceState wanted) {
        return wanted.group() != null && group.id() == wanted.group();
    }

    private static int groupOf(Snapshot target, String name) {
        Snapshot.DeviceState state = target.devices().get(name);
        return state == null || state.group() == null ? Integer.MAX_VALUE : state.group();
    }

    private void fillBelow(int number, Snapshot target, List<DeviceNode> standIns) {
        for (int i = 0; number != Integer.MAX_VALUE && i < number; i++) {
            if (core.groupById(i) == null && !target.groups().containsKey(i)) {
                standIns.add(machine.platformBus().add(DeviceNode.Identity.of("stand-in-" + i, i)));
            }
        }
    }

    private void releaseUnwanted(String name, Snapshot.DeviceState wanted) {
        DeviceNode node = bus.find(name);
        DeviceDriver driver = node == null ? null : node.driver();
        if (driver != null && !driver.name().equals(wanted.driver())) {
            attempt(() -> bus.unbind(name, driver.name()));
        }
    }

    private void retype(int number, Snapshot.GroupState wanted) {
        IommuGroup group = core.groupById(number);
        if (group == null || group.typeName().equals(wanted.type())) {
            return;
        }
        List<Bound> bound = new ArrayList<>();
        group.devices().forEach(device -> {
            DeviceDriver driver = device.driver();
            if (driver != null) {
                bound.add(new Bound(device.name(), driver.name()));
            }
        });
        bound.forEach(each -> attempt(() -> bus.unbind(each.device, each.driver)));
        attempt(() -> group.writeType(wanted.type(), UserCapabilities.ALL));
        bound.forEach(each -> bind(each.device, each.driver));
    }

    private record Bound(String device, String driver) {}

    private void bindWanted(String name, Snapshot.DeviceState wanted) {
        DeviceNode node = bus.find(name);
        if (node == null) {
            return;
        }
        if (wanted.driver() != null && node.driver() == null) {
            bind(name, wanted.driver());
        }
        attempt(() -> bus.driverOverride(name, wanted.override()));
    }

    private void bind(String name, @Nullable String driver) {
        attempt(() -> {
            bus.driverOverride(name, driver);
            bus.driversProbe(name);
            bus.driverOverride(name, null);
        });
    }

    /** What is refused shows when the state is compared. */
    private static void attempt(Runnable action) {
        Answer.attempt(action);
    }
}
