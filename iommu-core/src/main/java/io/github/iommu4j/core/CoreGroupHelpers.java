package io.github.iommu4j.core;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.driver.GroupHelpers;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.topology.PciIsolation;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The usual answers to "which group is this device's". Called under the probe lock. */
final class CoreGroupHelpers implements GroupHelpers {

    private final IommuCore core;
    private final IommuDriver driver;
    private final Map<IommuDriver, Group> singletons;
    private final PciIsolation<Group> isolation;

    /**
     * Helpers for one driver instance.
     *
     * @param functionGroup the group of a PCI function that is in one
     */
    CoreGroupHelpers(
            IommuCore core,
            IommuDriver driver,
            Map<IommuDriver, Group> singletons,
            Function<PciFunction, @Nullable Group> functionGroup) {
        this.core = core;
        this.driver = driver;
        this.singletons = singletons;
        this.isolation = new PciIsolation<>(functionGroup);
    }

    static Map<IommuDriver, Group> noSingletons() {
        return new ConcurrentHashMap<>();
    }

    @Override
    public IommuGroup generic(Device device) {
        return core.newGroup();
    }

    @Override
    public IommuGroup single(Device device) {
        Group group = singletons.computeIfAbsent(driver, key -> core.newGroup());
        return core.has(CoreErratum.CACHED_GROUP_WITHOUT_REFERENCE) ? group : group.get();
    }

    @Override
    public IommuGroup pci(Device device) {
        PciFunction function = device instanceof DeviceNode node ? node.pciFunction() : null;
        if (function == null) {
            core.log().warnOn(true, device.name() + " is no PCI function");
            throw new IommuException(Errno.EINVAL, device.name() + " is no PCI function");
        }
        Group found = isolation.find(function);
        return found == null ? core.newGroup() : found.get();
    }
}
