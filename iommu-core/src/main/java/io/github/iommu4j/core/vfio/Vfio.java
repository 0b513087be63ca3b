package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.DeviceDriver;
import io.github.iommu4j.core.IommuCore;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * VFIO of one kernel: the modules vfio, vfio_iommu_type1 and vfio-pci, with the legacy groups and containers.
 *
 * <pre>
 *  driver = vfio.pciDriver();            // register it, bind devices to it
 *  group = vfio.openGroup(number);
 *  container = vfio.openContainer(process);
 *  group.setContainer(container);
 *  container.setIommu(Container.TYPE1V2_IOMMU);
 *  container.mapDma(...);
 *  device = group.getDevice(name);
 * </pre>
 *
 * <p>Lock order: {@code vfio.group_lock}, {@code &group->group_lock}, {@code &container->group_lock}, {@code
 * vfio.iommu_drivers_lock}, {@code &iommu->lock}, {@code &group->mutex}. The device set's lock is outside {@code
 * &group->group_lock} up to 6.1 and inside it later.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread.
 */
public final class Vfio {

    private static final String CONTAINER_NODE = "vfio";

    private final IommuCore core;
    private final Type1Module type1;
    private final Registry registry;
    private final DeviceAccess access;
    private final DeviceDriver pciDriver;

    /**
     * Loads the modules.
     *
     * @param core the kernel's IOMMU core
     * @param options how the modules are loaded
     */
    public Vfio(IommuCore core, VfioOptions options) {
        this.core = core;
        this.type1 = new Type1Module(core.locking(), options);
        this.registry = new Registry(core.locking(), new FaultRegions(core, options));
        this.access = new DeviceAccess(core, registry, options.resettable());
        this.pciDriver = new VfioPciDriver(core, registry);
    }

    /**
     * The driver vfio-pci. It matches no device by itself: devices are bound by {@code driver_override} or {@code
     * new_id}. Its probe answers {@code EINVAL} for a bridge, a device without a group, and one whose DMA cannot be made
     * coherent; its remove waits until every file of the device is closed.
     *
     * @return the one driver of this VFIO, to be registered with a bus
     */
    public DeviceDriver pciDriver() {
        return pciDriver;
    }

    /**
     * Opens {@code /dev/vfio/vfio}.
     *
     * @param process who opens it, whose memory will be mapped
     * @return a new container without groups
     */
    public Container openContainer(UserProcess process) {
        return new Container(core, type1, process);
    }

    /**
     * Opens {@code /dev/vfio/<number>}. Neither claims the group nor asks whether it is viable.
     *
     * @param groupId the number
     * @return the group's file
     * @throws IommuException {@code ENOENT} without a node; {@code EBUSY} while it is open, or a device of it is
     */
    public GroupFile openGroup(int groupId) {
        VfioGroup group = registry.group(groupId);
        if (group == null) {
            throw new IommuException(Errno.ENOENT, "no /dev/vfio/" + groupId);
        }
        GroupFile file = new GroupFile(core, access, group);
        group.opened(file);
        return file;
    }

    /**
     * Lists {@code /dev/vfio}.
     *
     * @return the numbers of the groups that have a node, and {@code vfio}, sorted as text
     */
    public List<String> devEntries() {
        List<String> entries = new ArrayList<>(List.of(CONTAINER_NODE));
        registry.groupIds().forEach(id -> entries.add(Integer.toString(id)));
        Collections.sort(entries);
        return entries;
    }

    /**
     * References of the module vfio_iommu_type1.
     *
     * @return how many containers have an IOMMU
     */
    public int type1References() {
        return type1.references().value() - 1;
    }

    /**
     * References of the module vfio-pci.
     *
     * @return how many device files are open (up to 6.1), or how many devices (6.2 and later)
     */
    public int pciReferences() {
        return access.references().value() - 1;
    }

    /**
     * Reads the parameter {@code allow_unsafe_interrupts}.
     *
     * @return its value
     */
    public AllowUnsafe allowUnsafeInterrupts() {
        return type1.allowUnsafeInterrupts();
    }

    /**
     * Writes the parameter {@code allow_unsafe_interrupts}; it is looked at whenever a group is attached.
     *
     * @param value the new value
     */
    public void setAllowUnsafeInterrupts(AllowUnsafe value) {
        type1.setAllowUnsafeInterrupts(value);
    }

    /**
     * Reads the parameter {@code dma_entry_limit}.
     *
     * @return an unsigned number
     */
    public int dmaEntryLimit() {
        return type1.dmaEntryLimit();
    }

    /**
     * Writes the parameter {@code dma_entry_limit}; it is taken when a container's IOMMU is set.
     *
     * @param limit an unsigned number
     */
    public void setDmaEntryLimit(int limit) {
        type1.setDmaEntryLimit(limit);
    }
}
