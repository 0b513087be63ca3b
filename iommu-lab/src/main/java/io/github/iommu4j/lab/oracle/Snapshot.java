package io.github.iommu4j.lab.oracle;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The visible state of a kernel at one moment.
 *
 * @param devices PCI functions by address
 * @param groups groups by number
 * @param vfioNodes the entries of {@code /dev/vfio}, sorted
 * @param groupFiles open group files by slot
 * @param containers slots of open container files, ascending
 * @param deviceFiles open device files by slot, with the function's address
 * @param references module reference counts: vfio_iommu_type1, vfio-pci
 * @param lockedKiB locked memory of the process
 */
public record Snapshot(
        Map<String, DeviceState> devices,
        Map<Integer, GroupState> groups,
        List<String> vfioNodes,
        Map<Integer, GroupSlot> groupFiles,
        List<Integer> containers,
        Map<Integer, String> deviceFiles,
        List<Integer> references,
        long lockedKiB) {

    /** An override that could not be read because a call blocks. */
    public static final String UNREADABLE = "?";

    /**
     * A function.
     *
     * @param driver the bound driver, or {@code null}
     * @param group the group, or {@code null}
     * @param override the driver override, {@link #UNREADABLE}, or {@code null}
     */
    public record DeviceState(
            @Nullable String driver,
            @Nullable Integer group,
            @Nullable String override) {

        static DeviceState of(JsonView view) {
            List<JsonView> parts = view.list(part -> part);
            if (parts.size() < 2 || parts.size() > 3) {
                throw new JsonView.MalformedException(view.path() + " should have two or three parts");
            }
            return new DeviceState(
                    parts.get(0).isNull() ? null : parts.get(0).text(),
                    parts.get(1).isNull() ? null : parts.get(1).integer(),
                    parts.size() < 3 ? null : parts.get(2).text());
        }
    }

    /**
     * A group.
     *
     * @param type what its type file says
     * @param devices its members, sorted
     */
    public record GroupState(String type, List<String> devices) {

        /** Sorts the members: a directory has no order. */
        public GroupState {
            devices = devices.stream().sorted().toList();
        }

        static GroupState of(JsonView view) {
            return new GroupState(view.get("type").text(), view.get("devs").list(JsonView::text));
        }
    }

    /**
     * An open group file.
     *
     * @param group the number
     * @param status the flags of its status, or an errno's name
     * @param container the slot of the container it was put into, -1 for none
     */
    public record GroupSlot(int group, String status, int container) {

        private static String text(JsonView view) {
            return view.element().isJsonPrimitive() ? view.element().getAsString() : view.text();
        }

        static GroupSlot of(JsonView view) {
            return new GroupSlot(
                    view.get("gid").integer(),
                    text(view.get("st")),
                    view.get("c").integer());
        }
    }

    /** Reads a snapshot. */
    static Snapshot of(JsonView view) {
        return new Snapshot(
                new TreeMap<>(view.get("dev").members(DeviceState::of)),
                numbered(view.get("grp").members(GroupState::of)),
                view.get("vfio").list(JsonView::text).stream().sorted().toList(),
                numbered(view.get("g").members(GroupSlot::of)),
                view.get("c").list(JsonView::integer).stream().sorted().toList(),
                numbered(view.get("d").members(JsonView::text)),
                view.get("ref").list(JsonView::integer),
                view.get("lck").number());
    }

    private static <T> Map<Integer, T> numbered(Map<String, T> named) {
        Map<Integer, T> numbered = new TreeMap<>();
        named.forEach((name, value) -> numbered.put(MachineEntry.groupNumber(name), value));
        return numbered;
    }
}
