package io.github.iommu4j.lab.kernel;

import com.google.gson.JsonArray;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.core.device.PciHost.VirtualFunctionDrivers;
import io.github.iommu4j.core.vfio.AllowUnsafe;
import io.github.iommu4j.core.vfio.Vfio;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Files that sequences read and write by name. */
final class SysfsOperations {

    private static final String ENTRY_LIMIT = "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit";
    private static final String UNSAFE_INTERRUPTS = "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts";
    private static final Pattern GROUP_FILE = Pattern.compile("/sys/kernel/iommu_groups/(\\d+)/(\\w+)");
    private static final Pattern DEVICE_FILE = Pattern.compile("/sys/bus/pci/devices/([^/]+)/(\\w+)");
    private static final Pattern DRIVER_FILE = Pattern.compile("/sys/bus/pci/drivers/([^/]+)/(\\w+)");

    private final KernelMachine machine;
    private final Vfio vfio;

    SysfsOperations(KernelMachine machine) {
        this.machine = machine;
        this.vfio = machine.vfio();
    }

    void addTo(Map<String, Operation> operations) {
        operations.put("rsys", this::read);
        operations.put("wsys", this::write);
        operations.put("wsys2", this::writePair);
        operations.put("lsys", this::list);
    }

    private static Operation.OutsideModelException outside(String path) {
        return new Operation.OutsideModelException("the file " + path.replaceAll("[0-9a-f:]{7,}\\.[0-7]", "*"));
    }

    private Answer read(Arguments arguments) {
        String path = arguments.text(0);
        if (path.equals(ENTRY_LIMIT)) {
            return text(Integer.toUnsignedString(vfio.dmaEntryLimit()));
        }
        if (path.equals(UNSAFE_INTERRUPTS)) {
            return text(vfio.allowUnsafeInterrupts().text());
        }
        Matcher group = GROUP_FILE.matcher(path);
        if (group.matches()) {
            return readGroup(group.group(1), group.group(2));
        }
        Matcher device = DEVICE_FILE.matcher(path);
        if (device.matches() && device.group(2).equals("sriov_numvfs")) {
            try {
                return text(String.valueOf(machine.sriov().count(device.group(1))));
            } catch (IommuException missing) {
                return Answer.NO_FILE;
            }
        }
        throw outside(path);
    }

    private static Answer text(String line) {
        return Answer.OK.with("text", line + "\n");
    }

    private Answer readGroup(String number, String file) {
        IommuGroup group = machine.machine().core().groupById((int) Arguments.number(number));
        if (group == null) {
            return Answer.NO_FILE;
        }
        return switch (file) {
            case "type" -> text(group.typeName());
            case "reserved_regions" -> Answer.OK.with("text", GroupOperations.regionLines(group));
            case "name" -> group.name() == null ? Answer.NO_FILE : text(String.valueOf(group.name()));
            default -> throw outside("of a group called " + file);
        };
    }

    private Answer write(Arguments arguments) {
        String path = arguments.text(0);
        String value = arguments.text(1);
        if (path.equals(ENTRY_LIMIT)) {
            return Answer.attempt(() -> vfio.setDmaEntryLimit((int) unsigned(value)));
        }
        if (path.equals(UNSAFE_INTERRUPTS)) {
            return Answer.attempt(() -> vfio.setAllowUnsafeInterrupts(AllowUnsafe.parse(value)));
        }
        Matcher device = DEVICE_FILE.matcher(path);
        if (device.matches()) {
            return writeDevice(device.group(1), device.group(2), value);
        }
        throw outside(path);
    }

    private Answer writeDevice(String device, String file, String value) {
        if (machine.machine().pciBus().find(device) == null) {
            return Answer.NO_FILE;
        }
        return switch (file) {
            case "sriov_numvfs" -> Answer.attempt(() -> machine.sriov().setCount(device, (int) unsigned(value)));
            case "sriov_drivers_autoprobe" ->
                Answer.attempt(() -> machine.sriov().setAutoprobe(device, autoprobe(value)));
            default -> throw outside("of a device called " + file);
        };
    }

    private static VirtualFunctionDrivers autoprobe(String value) {
        return AllowUnsafe.parse(value) == AllowUnsafe.YES
                ? VirtualFunctionDrivers.AUTOPROBE
                : VirtualFunctionDrivers.LEAVE_UNBOUND;
    }

    private static long unsigned(String value) {
        try {
            return Integer.parseUnsignedInt(value);
        } catch (NumberFormatException e) {
            throw new IommuException(Errno.EINVAL, "'" + value + "' is no number");
        }
    }

    private Answer writePair(Arguments arguments) {
        String path = arguments.text(0);
        Matcher driver = DRIVER_FILE.matcher(path);
        if (!driver.matches()) {
            throw outside(path);
        }
        int vendor = hex(arguments.text(1));
        int device = hex(arguments.text(2));
        String name = driver.group(1);
        if (machine.machine().pciBus().driver(name) == null) {
            return Answer.NO_FILE;
        }
        return switch (driver.group(2)) {
            case "new_id" -> Answer.attempt(() -> machine.machine().pciBus().newId(name, vendor, device));
            case "remove_id" -> Answer.attempt(() -> machine.machine().pciBus().removeId(name, vendor, device));
            default -> throw outside(path);
        };
    }

    private static int hex(String text) {
        try {
            return Integer.parseUnsignedInt(text, 16);
        } catch (NumberFormatException e) {
            throw new Arguments.UnreadableException("'" + text + "' is no hexadecimal number");
        }
    }

    private Answer list(Arguments arguments) {
        String path = arguments.text(0);
        if (path.equals("/dev/vfio")) {
            return Answer.OK.with("list", array(vfio.devEntries()));
        }
        if (path.equals("/sys/kernel/iommu_groups")) {
            return Answer.OK.with(
                    "list",
                    array(machine.machine().core().groups().stream()
                            .map(group -> String.valueOf(group.id()))
                            .toList()));
        }
        Matcher group = GROUP_FILE.matcher(path);
        if (group.matches() && group.group(2).equals("devices")) {
            return listMembers(group.group(1));
        }
        throw outside(path);
    }

    private Answer listMembers(String number) {
        IommuGroup group = machine.machine().core().groupById((int) Arguments.number(number));
        if (group == null) {
            return Answer.NO_FILE;
        }
        return Answer.OK.with(
                "list", array(group.devices().stream().map(Device::name).toList()));
    }

    private static JsonArray array(List<String> names) {
        JsonArray array = new JsonArray();
        names.stream().sorted().forEach(array::add);
        return array;
    }
}
