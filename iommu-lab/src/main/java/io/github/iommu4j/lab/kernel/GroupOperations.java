package io.github.iommu4j.lab.kernel;

import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.DeviceNode;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Groups as directories in sysfs, and which group a device is or was in. */
final class GroupOperations {

    /** What the oracle's harness writes for a device that never was in a group. */
    private static final int NO_GROUP = -1;

    private final KernelMachine machine;
    private final IommuCore core;
    private final HarnessProcess process;
    private final Map<String, Integer> lastGroups = new HashMap<>();

    GroupOperations(KernelMachine machine, HarnessProcess process) {
        this.machine = machine;
        this.core = machine.machine().core();
        this.process = process;
    }

    void addTo(Map<String, Operation> operations) {
        operations.put("type", this::type);
        operations.put("resv", this::reservedRegions);
    }

    /** The harness remembers the group of a device that is gone. */
    void rememberGroups() {
        for (DeviceNode node : machine.machine().pciBus().nodes()) {
            IommuGroup group = core.groupOf(node);
            if (group != null) {
                lastGroups.put(node.name(), group.id());
            }
        }
    }

    /** The group an argument names: a number, or a device's group after an {@code @}. */
    int groupNumber(String argument) {
        if (argument.startsWith("@")) {
            rememberGroups();
            return lastGroups.getOrDefault(argument.substring(1), NO_GROUP);
        }
        return (int) Arguments.number(argument);
    }

    private Answer type(Arguments arguments) {
        int number = groupNumber(arguments.text(0));
        IommuGroup group = core.groupById(number);
        if (group == null) {
            return Answer.NO_FILE.with("gid", number).with("now", "ENOENT");
        }
        String word = arguments.text(1).equals("EMPTY") ? "" : arguments.text(1);
        return Answer.attempt(() -> group.writeType(word, process.capabilities()))
                .with("gid", number)
                .with("now", group.typeName());
    }

    private Answer reservedRegions(Arguments arguments) {
        int number = groupNumber(arguments.text(0));
        IommuGroup group = core.groupById(number);
        if (group == null) {
            return Answer.NO_FILE.with("gid", number);
        }
        return Answer.OK.with("gid", number).with("text", regionLines(group));
    }

    static String regionLines(IommuGroup group) {
        return group.reservedRegions().stream()
                .map(ReservedRegion::sysfsLine)
                .map(line -> line + "\n")
                .collect(Collectors.joining());
    }
}
