package io.github.iommu4j.lab.oracle;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A machine and the groups one kernel formed on it.
 *
 * @param name the topology's name
 * @param kernel the kernel's key, such as {@code k612}
 * @param iommuDevice the emulator's IOMMU with its options; empty for none
 * @param kernelCommandLine the kernel's options
 * @param devices every PCI function, sorted by address
 * @param groups by number
 */
public record MachineEntry(
        String name,
        String kernel,
        String iommuDevice,
        String kernelCommandLine,
        List<PciEntry> devices,
        Map<Integer, ExpectedGroup> groups) {

    static MachineEntry of(JsonView view) {
        Map<Integer, ExpectedGroup> groups = new TreeMap<>();
        view.get("groups").members(MachineEntry::group).forEach((id, group) -> groups.put(groupNumber(id), group));
        return new MachineEntry(
                view.get("name").text(),
                view.get("kernel").text(),
                view.has("iommu_device") ? view.get("iommu_device").text() : "",
                view.get("kernel_cmdline").text(),
                view.get("devices").list(PciEntry::of),
                groups);
    }

    private static ExpectedGroup group(JsonView view) {
        return new ExpectedGroup(
                view.get("type").text(),
                view.get("devices").list(JsonView::text),
                view.get("reserved_regions").list(region -> String.join(" ", region.list(JsonView::text))));
    }

    static int groupNumber(String text) {
        try {
            return Integer.parseUnsignedInt(text);
        } catch (NumberFormatException e) {
            throw new JsonView.MalformedException("'" + text + "' should be a group number");
        }
    }

    /**
     * The same machine under another kernel and with other options; nothing is known of its groups.
     *
     * @param newKernel the kernel's key
     * @param newCommandLine the kernel's options
     * @return a new entry
     */
    public MachineEntry under(String newKernel, String newCommandLine) {
        return new MachineEntry(name, newKernel, iommuDevice, newCommandLine, devices, Map.of());
    }

    @Override
    public String toString() {
        return name + " " + kernel;
    }
}
