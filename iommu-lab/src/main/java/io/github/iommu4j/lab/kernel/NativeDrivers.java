package io.github.iommu4j.lab.kernel;

import com.google.gson.JsonParser;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.DeviceDriver;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.topology.PciePortType;
import io.github.iommu4j.lab.oracle.JsonView;
import io.github.iommu4j.testkit.machine.TableDriver;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** The PCI drivers that the oracle's kernels had, in the order in which they registered, from a table. */
final class NativeDrivers {

    private static final int EXACT_CLASS = 0xFF_FFFF;

    private final List<DeviceDriver> drivers = new ArrayList<>();
    private final Set<String> withVirtualFunctions = new HashSet<>();
    private final HostPlan.Firmware firmware;
    private final Predicate<RequesterId> hasHotPlugController;

    private NativeDrivers(HostPlan.Firmware firmware, Predicate<RequesterId> hasHotPlugController) {
        this.firmware = firmware;
        this.hasHotPlugController = hasHotPlugController;
    }

    static NativeDrivers load(HostPlan.Firmware firmware, Predicate<RequesterId> hasHotPlugController) {
        NativeDrivers natives = new NativeDrivers(firmware, hasHotPlugController);
        try (InputStream in = NativeDrivers.class.getResourceAsStream("pci-drivers.json")) {
            if (in == null) {
                throw new IllegalStateException("the table of drivers is missing");
            }
            InputStreamReader reader = new InputStreamReader(in, StandardCharsets.UTF_8);
            new JsonView(JsonParser.parseReader(reader), "pci-drivers.json").list(natives::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return natives;
    }

    List<DeviceDriver> inOrder() {
        return drivers;
    }

    /** Whether a driver makes virtual functions when it is asked for some. */
    boolean makesVirtualFunctions(DeviceDriver driver) {
        return withVirtualFunctions.contains(driver.name());
    }

    private boolean add(JsonView view) {
        String name = view.get("driver").text();
        TableDriver.Dma dma = view.has("dma") ? TableDriver.Dma.MANAGED_BY_DRIVER : TableDriver.Dma.KERNEL_API;
        TableDriver driver = new TableDriver(name, dma);
        if (view.has("ids")) {
            view.get("ids").list(JsonView::text).forEach(id -> addId(driver, id));
        }
        if (view.has("classes")) {
            view.get("classes").list(JsonView::hex).forEach(code -> driver.classId(code.intValue(), EXACT_CLASS));
        }
        Consumer<PciFunction> demand =
                demand(view.has("needs") ? view.get("needs").text() : "");
        boolean takesAnything = !view.has("ids") && !view.has("classes");
        driver.probing(device -> {
            PciFunction function = functionOf(device);
            if (!takesAnything && !driver.matches(device)) {
                throw new IommuException(Errno.ENODEV, name + " does not know " + device.name());
            }
            demand.accept(function);
        });
        if (view.has("sriov")) {
            withVirtualFunctions.add(name);
        }
        return drivers.add(driver);
    }

    private static PciFunction functionOf(Device device) {
        PciFunction function = device instanceof DeviceNode node ? node.pciFunction() : null;
        if (function == null) {
            throw new IommuException(Errno.ENODEV, device.name() + " is no PCI function");
        }
        return function;
    }

    private static void addId(TableDriver driver, String id) {
        int colon = id.indexOf(':');
        int vendor = Integer.parseInt(id.substring(0, colon), 16);
        String device = id.substring(colon + 1);
        if (device.equals("*")) {
            driver.vendor(vendor);
        } else {
            driver.id(vendor, Integer.parseInt(device, 16));
        }
    }

    private Consumer<PciFunction> demand(String what) {
        return switch (what) {
            case "port" -> NativeDrivers::requirePort;
            case "hot-plug-controller" -> this::requireHotPlugController;
            default -> function -> {};
        };
    }

    private static void requirePort(PciFunction function) {
        PciePortType type = function.portType();
        if (type == null || !type.isPort() && type != PciePortType.RC_EVENT_COLLECTOR) {
            throw new IommuException(Errno.ENODEV, function + " is no port");
        }
    }

    private void requireHotPlugController(PciFunction function) {
        if (!hasHotPlugController.test(function.id())) {
            throw new IommuException(Errno.ENODEV, function + " has no hot-plug controller");
        }
        if (firmware == HostPlan.Firmware.ACPI) {
            throw new IommuException(Errno.ENODEV, "ACPI drives the slots of " + function);
        }
    }
}
