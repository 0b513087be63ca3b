package io.github.iommu4j.lab.kernel;

import io.github.iommu4j.api.IommuException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Does the oracle's operations on a machine, as the oracle's harness did. */
final class Harness {

    private final Map<String, Operation> operations = new HashMap<>();
    private final GroupOperations groups;
    private final HarnessProcess process;
    private final OpenFiles files = new OpenFiles();

    Harness(KernelMachine machine) {
        process = new HarnessProcess(new ProcessMemory(machine.machine().memory()));
        groups = new GroupOperations(machine, process);
        new BusOperations(machine).addTo(operations);
        groups.addTo(operations);
        process.addTo(operations);
        new ContainerOperations(machine.vfio(), files, process).addTo(operations);
        new GroupFileOperations(machine.vfio(), files, groups, new CopyEngines(machine)).addTo(operations);
        new MappingOperations(files).addTo(operations);
        new SysfsOperations(machine).addTo(operations);
        for (String idle : List.of("snap", "note", "sleep")) {
            operations.put(idle, arguments -> Answer.OK);
        }
    }

    OpenFiles files() {
        return files;
    }

    HarnessProcess process() {
        return process;
    }

    GroupOperations groups() {
        return groups;
    }

    /**
     * Does one operation; may block.
     *
     * @throws Operation.OutsideModelException when there is no model of it
     * @throws Arguments.UnreadableException when its arguments are not in the oracle's notation
     */
    Answer perform(String operation, List<String> arguments) {
        Operation known = operations.get(operation);
        if (known == null) {
            throw new Operation.OutsideModelException("the operation " + operation);
        }
        try {
            return known.perform(new Arguments(arguments));
        } catch (IommuException refusal) {
            return Answer.of(refusal);
        }
    }
}
