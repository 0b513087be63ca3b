package io.github.iommu4j.lab.kernel;

import io.github.iommu4j.api.device.DeviceDriver;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeviceNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Binding, unbinding, removing and finding devices, as files in sysfs. */
final class BusOperations {

    private final KernelMachine machine;
    private final BusType bus;

    BusOperations(KernelMachine machine) {
        this.machine = machine;
        this.bus = machine.machine().pciBus();
    }

    void addTo(Map<String, Operation> operations) {
        operations.put("bind", this::bind);
        operations.put("unbind", this::unbind);
        operations.put("override", this::override);
        operations.put("probe", arguments -> Answer.attempt(() -> bus.driversProbe(arguments.text(0))));
        operations.put("remove", this::remove);
        operations.put("rescan", arguments -> Answer.attempt(machine.machine().pciHost()::rescan));
    }

    private Answer bind(Arguments arguments) {
        String driver = arguments.text(1);
        if (bus.driver(driver) == null) {
            return Answer.NO_FILE;
        }
        return Answer.attempt(() -> bus.bind(arguments.text(0), driver));
    }

    private Answer unbind(Arguments arguments) {
        String device = arguments.text(0);
        String driver = arguments.text(1).equals(".") ? shownDriver(device) : arguments.text(1);
        if (driver == null) {
            return Answer.NO_DRIVER;
        }
        if (bus.driver(driver) == null) {
            return Answer.NO_FILE.with("drv", driver);
        }
        return Answer.attempt(() -> bus.unbind(device, driver)).with("drv", driver);
    }

    private @Nullable String shownDriver(String device) {
        DeviceNode node = bus.find(device);
        DeviceDriver driver = node == null ? null : node.shownDriver();
        return driver == null ? null : driver.name();
    }

    private Answer override(Arguments arguments) {
        String device = arguments.text(0);
        String driver = arguments.text(1);
        if (bus.find(device) == null) {
            return Answer.NO_FILE;
        }
        return Answer.attempt(() -> bus.driverOverride(device, driver.equals("-") ? null : driver));
    }

    private Answer remove(Arguments arguments) {
        String device = arguments.text(0);
        if (bus.find(device) == null) {
            return Answer.NO_FILE;
        }
        return Answer.attempt(() -> machine.machine().pciHost().remove(device));
    }
}
