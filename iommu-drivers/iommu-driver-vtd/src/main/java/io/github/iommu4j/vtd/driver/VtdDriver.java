package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.api.driver.GroupHelpers;
import io.github.iommu4j.api.driver.IommuCapability;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.PageResponse;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.vtd.layout.PageGroupResponse;
import io.github.iommu4j.vtd.layout.PageRequestDescriptor;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The driver of one remapping unit (Linux intel-iommu, 6.1 to 7.2). {@link IntelIommu} makes it.
 *
 * <p>It takes PCI functions that firmware puts behind its unit. Its domains are of the types DMA, UNMANAGED, BLOCKED, and
 * IDENTITY where the unit can pass requests through; a domain of one unit can be attached to devices of another that is
 * like it.
 *
 * <p>Thread-safe.
 */
public final class VtdDriver implements IommuDriver {

    private final VtdUnit unit;
    private final DmarMatch firmware;
    private final DeviceAttach devices;
    private final ReservedRanges reserved;
    private final RequiredTypes required;
    private final FaultReader faults;
    private final @Nullable PageRequestReader pageRequests;

    VtdDriver(VtdUnit unit, DmarMatch firmware, DeviceAttach devices) {
        this.unit = unit;
        this.firmware = firmware;
        this.devices = devices;
        this.reserved = new ReservedRanges(firmware);
        this.required = new RequiredTypes(unit.parts().host(), reserved);
        this.faults = new FaultReader(unit, devices);
        this.pageRequests = unit.takesPageRequests() ? new PageRequestReader(unit, devices) : null;
    }

    VtdUnit unit() {
        return unit;
    }

    @Override
    public String kind() {
        return "intel-iommu";
    }

    @Override
    public String name() {
        return unit.parts().description().name();
    }

    private static @Nullable PciFunction functionOf(Device device) {
        return device instanceof DeviceNode node ? node.pciFunction() : null;
    }

    private static PciFunction requireFunction(Device device) {
        return Objects.requireNonNull(functionOf(device), device.name());
    }

    /** Takes a function on; in scalable mode it gets a PASID table, which leads nowhere yet. */
    @Override
    public void probeDevice(Device device) {
        PciFunction function = functionOf(device);
        if (function == null || !unit.parts().description().equals(firmware.unitOf(function))) {
            throw new IommuException(Errno.ENODEV, device.name() + " is not behind " + name());
        }
        if (unit.parts().host().has(VtdErratum.RIGHT_DOMAIN_IS_REFUSED) && required.of2019(function) != null) {
            throw new IommuException(Errno.ENODEV, device.name() + " has the right domain");
        }
        DeviceInfo info = new DeviceInfo(device, function, unit, firmware);
        unit.setUp(info);
        devices.add(info);
    }

    @Override
    public void releaseDevice(Device device) {
        devices.remove(device);
    }

    @Override
    public @Nullable IommuGroup deviceGroup(Device device, GroupHelpers helpers) {
        return helpers.pci(device);
    }

    @Override
    public @Nullable DomainOps allocateDomain(DomainType type, Device device) {
        return switch (type) {
            case DMA, UNMANAGED -> new VtdDomain(type, unit, devices);
            case BLOCKED -> new FixedDomain(devices::block);
            case IDENTITY ->
                unit.parts().capabilities().passesThrough() ? new FixedDomain(devices::attachIdentity) : null;
            default -> null;
        };
    }

    @Override
    public @Nullable DomainType defaultDomainType(Device device) {
        return required.of(requireFunction(device), unit.parts().capabilities());
    }

    @Override
    public @Nullable DomainType releaseDomainType() {
        return DomainType.BLOCKED;
    }

    @Override
    public List<ReservedRegion> reservedRegions(Device device) {
        return reserved.of(requireFunction(device));
    }

    @Override
    public boolean capable(Device device, IommuCapability capability) {
        return switch (capability) {
            case CACHE_COHERENCY, DEFERRED_FLUSH -> true;
            case ENFORCE_CACHE_COHERENCY -> unit.parts().capabilities().controlsSnooping();
            case INTERRUPT_ISOLATION -> unit.remapsInterrupts();
            case NOEXEC, PRE_BOOT_PROTECTION, DIRTY_TRACKING -> false;
        };
    }

    @Override
    public int maxPasids(Device device) {
        DeviceInfo info = devices.find(device);
        return info == null || info.pasidBits() == 0 ? 0 : 1 << info.pasidBits();
    }

    /**
     * How many domain ids are taken, beyond those that always are.
     *
     * @return ids of this unit
     */
    public int domainIdsInUse() {
        return unit.domainIds().inUse();
    }

    /**
     * Handles the faults that the unit has recorded and the page requests that it has queued, as the handlers of its interrupts
     * do.
     *
     * @return {@code false} when there was none
     */
    public boolean step() {
        boolean some = faults.step();
        return pageRequests != null && pageRequests.step() || some;
    }

    @Override
    public boolean answersPageRequests() {
        return pageRequests != null;
    }

    /**
     * Answers the last request of a group, or one with private data; others need no answer (Intel VT-d §7.7).
     *
     * @throws IommuException {@code ENODEV} when the unit or the device takes no page requests; {@code EINVAL} when the request
     *     has no PASID
     */
    @Override
    public void pageResponse(Device device, FaultEvent.PageRequest request, PageResponse response) {
        DeviceInfo info = devices.find(device);
        if (pageRequests == null || info == null || !info.mayAskForPages()) {
            throw new IommuException(Errno.ENODEV, device.name() + " asks for no pages");
        }
        if (!request.hasPasid()) {
            throw new IommuException(
                    Errno.EINVAL, "page request " + request.groupId() + " of " + device.name() + " has no PASID");
        }
        if (request.isLast() || !request.traits().privateData().isEmpty()) {
            unit.invalidations().respond(PageGroupResponse.to(descriptorOf(info, request), codeOf(response)));
        }
    }

    private static PageRequestDescriptor descriptorOf(DeviceInfo device, FaultEvent.PageRequest request) {
        PageRequestDescriptor descriptor = PageRequestDescriptor.of(device.sid(), request.groupId(), request.address())
                .ofPasid(request.pasid());
        descriptor = request.isLast() ? descriptor.last() : descriptor;
        List<Long> data = request.traits().privateData();
        return data.isEmpty() ? descriptor : descriptor.withPrivateData(data.get(0), data.get(1));
    }

    private static int codeOf(PageResponse response) {
        return switch (response.code()) {
            case SUCCESS -> PageGroupResponse.SUCCESS;
            case INVALID -> PageGroupResponse.INVALID;
            case FAILURE -> PageGroupResponse.FAILURE;
        };
    }
}
