package io.github.iommu4j.lab.oracle;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A sequence of operations on one kernel.
 *
 * @param topology the name of the machine
 * @param kernel the kernel's key
 * @param name the sequence's own name
 * @param bootSequences the sequences of the same boot, in order
 * @param kernelCommandLine the kernel's options
 * @param crashedAt the row in which the kernel crashed, or {@code null}
 * @param start the state before the first operation
 * @param startGroups the groups before the first operation
 * @param rows the operations
 * @param pending how many calls had still not returned at the end, or {@code null} when there is no end
 */
public record Sequence(
        String topology,
        String kernel,
        String name,
        List<String> bootSequences,
        String kernelCommandLine,
        @Nullable Integer crashedAt,
        Snapshot start,
        Map<Integer, ExpectedGroup> startGroups,
        List<SequenceRow> rows,
        @Nullable Integer pending) {

    static Map<Integer, ExpectedGroup> startGroups(JsonView view) {
        Map<Integer, ExpectedGroup> groups = new TreeMap<>();
        view.get("grpfull")
                .members(Sequence::group)
                .forEach((id, group) -> groups.put(MachineEntry.groupNumber(id), group));
        return groups;
    }

    private static ExpectedGroup group(JsonView view) {
        return new ExpectedGroup(
                view.get("type").text(),
                view.get("devs").list(JsonView::text),
                view.get("resv").text().lines().toList());
    }
}
