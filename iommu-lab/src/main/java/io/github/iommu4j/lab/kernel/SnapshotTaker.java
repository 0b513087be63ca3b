package io.github.iommu4j.lab.kernel;

import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.lab.oracle.Snapshot;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads the visible state of a machine. */
final class SnapshotTaker {

    /** Bytes of VFIO_GROUP_GET_STATUS's structure. */
    private static final int STATUS_SIZE = 8;

    /** Whether overrides can be read: not while a call blocks, since a device's lock may be held. */
    enum Overrides {
        READABLE,
        UNREADABLE
    }

    private final KernelMachine machine;
    private final Harness harness;

    SnapshotTaker(KernelMachine machine, Harness harness) {
        this.machine = machine;
        this.harness = harness;
    }

    Snapshot take(Overrides overrides) {
        OpenFiles files = harness.files();
        Map<Integer, Snapshot.GroupSlot> groupFiles = new TreeMap<>();
        files.groups().forEach((slot, entry) -> groupFiles.put(slot, slot(entry)));
        Map<Integer, String> deviceFiles = new TreeMap<>();
        files.devices()
                .forEach((slot, file) -> deviceFiles.put(slot, file.device().name()));
        return new Snapshot(
                devices(overrides),
                groups(),
                machine.vfio().devEntries().stream().sorted().toList(),
                groupFiles,
                List.copyOf(files.containers().keySet()),
                deviceFiles,
                List.of(machine.vfio().type1References(), machine.vfio().pciReferences()),
                harness.process().lockedKiB());
    }

    private Map<String, Snapshot.DeviceState> devices(Overrides overrides) {
        Map<String, Snapshot.DeviceState> devices = new TreeMap<>();
        for (DeviceNode node : machine.machine().pciBus().nodes()) {
            IommuGroup group = machine.machine().core().groupOf(node);
            devices.put(
                    node.name(),
                    new Snapshot.DeviceState(
                            node.shownDriver() == null
                                    ? null
                                    : node.shownDriver().name(),
                            group == null ? null : group.id(),
                            override(node, overrides)));
        }
        return devices;
    }

    private static @Nullable String override(DeviceNode node, Overrides overrides) {
        return overrides == Overrides.READABLE ? node.driverOverride() : Snapshot.UNREADABLE;
    }

    private Map<Integer, Snapshot.GroupState> groups() {
        Map<Integer, Snapshot.GroupState> groups = new TreeMap<>();
        for (IommuGroup group : machine.machine().core().groups()) {
            List<String> members = group.devices().stream().map(Device::name).toList();
            groups.put(group.id(), new Snapshot.GroupState(group.typeName(), members));
        }
        return groups;
    }

    private static Snapshot.GroupSlot slot(OpenFiles.GroupEntry entry) {
        String status;
        try {
            status = String.valueOf(entry.file().getStatus(STATUS_SIZE).flags());
        } catch (IommuException refusal) {
            status = refusal.errno().name();
        }
        return new Snapshot.GroupSlot(entry.file().groupId(), status, entry.container());
    }
}
