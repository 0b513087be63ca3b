package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.api.driver.GroupHelpers;
import io.github.iommu4j.api.driver.IommuCapability;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.PageResponse;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.pagetable.arm.LpaeTable;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.smmuv3.driver.DeviceFeatures.Trait;
import io.github.iommu4j.smmuv3.driver.SmmuDomain.Stage;
import io.github.iommu4j.smmuv3.layout.Command;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The driver of one SMMUv3 (Linux arm-smmu-v3, 6.1 to 7.2).
 *
 * <pre>{@code
 * SmmuHost host = SmmuHost.builder(memory, allocator).build();
 * Smmuv3Driver driver = Smmuv3Driver.start("9050000.smmuv3", smmu.registers(), host);
 * core.register(driver);
 * }</pre>
 *
 * <p>It takes devices that firmware puts behind it, by StreamIDs, and PCI functions that firmware says nothing of, by requester
 * ids. Its domains are of the types DMA, UNMANAGED, IDENTITY and, from 6.9 on, BLOCKED; each is of this unit alone.
 *
 * <p>Somebody has to call {@link #step()} when the unit interrupts, or now and then. Thread-safe; {@link #step()} is for one task
 * at a time.
 */
public final class Smmuv3Driver implements IommuDriver {

    /** Where Linux lets doorbells of interrupts be mapped. */
    private static final IovaRange MESSAGES = new IovaRange(0x800_0000L, 0x80F_FFFFL);

    private static final Prot MESSAGE_PROT = new Prot(Prot.WRITE.bits() | Prot.NOEXEC.bits() | Prot.MMIO.bits());

    private static final int HUAWEI = 0x19E5;
    /** HiSilicon's PCIe tune and trace device, which uses addresses as they are. */
    private static final int TRACE_DEVICE = 0xA12E;

    private final SmmuUnit unit;
    private final DeviceAttach devices;
    private final Responses responses;
    private final EventReader events;
    private final PageRequestReader pageRequests;

    private Smmuv3Driver(SmmuUnit unit) {
        this.unit = unit;
        this.devices = new DeviceAttach(unit);
        this.responses = new Responses(unit);
        this.events = new EventReader(unit, responses);
        this.pageRequests = new PageRequestReader(unit, responses);
    }

    /**
     * Brings a unit up: queues, stream table, interrupts, translation, in this order. Every stream aborts then.
     *
     * @param name the unit's name, as firmware's descriptions of devices give it
     * @param registers its registers, pages 0 and 1
     * @param host what the driver stands in
     * @return its driver, to be registered with a core
     * @throws IommuException {@code ENXIO} when this driver cannot drive it; {@code ENOMEM} without memory for its structures;
     *     {@code ETIMEDOUT} when it does not do what it is told
     */
    public static Smmuv3Driver start(String name, MmioRegion registers, SmmuHost host) {
        return new Smmuv3Driver(new SmmuUnit(name, registers, host));
    }

    SmmuUnit unit() {
        return unit;
    }

    @Override
    public String kind() {
        return "arm-smmu-v3";
    }

    @Override
    public String name() {
        return unit.name();
    }

    private static @Nullable PciFunction functionOf(Device device) {
        return device instanceof DeviceNode node ? node.pciFunction() : null;
    }

    private List<Integer> streamIds(Device device) {
        FwSpec description = device.fwSpec();
        if (description != null) {
            return description.iommu().equals(name()) ? description.ids() : List.of();
        }
        PciFunction function = functionOf(device);
        return function == null ? List.of() : unit.host().streams(function);
    }

    @Override
    public void probeDevice(Device device) {
        List<Integer> streamIds = streamIds(device);
        if (streamIds.isEmpty()) {
            throw new IommuException(Errno.ENODEV, device.name() + " is not behind " + name());
        }
        Master.Bus bus = functionOf(device) == null ? Master.Bus.PLATFORM : Master.Bus.PCI;
        unit.streams().insert(new Master(device, unit, streamIds, bus));
    }

    @Override
    public void releaseDevice(Device device) {
        Master master = unit.streams().find(device);
        if (master != null) {
            devices.release(master);
        }
    }

    @Override
    public @Nullable IommuGroup deviceGroup(Device device, GroupHelpers helpers) {
        return functionOf(device) == null ? helpers.generic(device) : helpers.pci(device);
    }

    @Override
    public @Nullable DomainOps allocateDomain(DomainType type, Device device) {
        return switch (type) {
            case DMA, UNMANAGED -> new SmmuDomain(SmmuDomain.usualStage(unit), unit, devices);
            case IDENTITY -> new FixedDomain(devices, StreamTarget.Fixed.IDENTITY);
            case BLOCKED ->
                unit.host().kernel().release().smmuv3HasBlockedDomain()
                        ? new FixedDomain(devices, StreamTarget.Fixed.BLOCKED)
                        : null;
            default -> null;
        };
    }

    /**
     * Makes a domain of stage 2 that users' stages 1 can be nested over (Linux {@code IOMMU_HWPT_ALLOC_NEST_PARENT}).
     *
     * @return the domain, to be {@link IommuCore#adopt adopted} by a core
     * @throws IommuException {@code EOPNOTSUPP} for a unit without both stages; {@code ENOSPC} without a VMID; {@code ENOMEM}
     */
    public DomainOps nestParent() {
        requireBothStages();
        return new SmmuDomain(Stage.TWO, unit, devices);
    }

    private void requireBothStages() {
        if (!unit.features().has(SmmuFeature.STAGE_1) || !unit.features().has(SmmuFeature.STAGE_2)) {
            throw new IommuException(Errno.EOPNOTSUPP, name() + " has not both stages");
        }
    }

    /**
     * Nests a user's stage 1 over a domain of stage 2 (Linux 6.13 {@code arm_vsmmu_alloc_domain_nested}).
     *
     * @param parent a domain of stage 2, as {@link #nestParent} made it
     * @param word0 word 0 of the user's stream table entry
     * @param word1 word 1
     * @return the domain, to be {@link IommuCore#adopt adopted} by a core
     * @throws IommuException {@code EOPNOTSUPP} for a unit without both stages; {@code EINVAL} for a parent that is not of stage
     *     2 or of another unit; {@code EIO} for words that are not a user's to write
     */
    public DomainOps nest(DomainOps parent, long word0, long word1) {
        requireBothStages();
        return new NestedDomain(devices, NestedDomain.checked(requireParent(parent), word0, word1));
    }

    private SmmuDomain requireParent(DomainOps parent) {
        if (parent instanceof SmmuDomain domain && domain.stage() == Stage.TWO && domain.unit() == unit) {
            return domain;
        }
        throw new IommuException(Errno.EINVAL, "not a domain of stage 2 of " + name());
    }

    /**
     * Issues invalidations of a user who nested his stage 1 over a domain of stage 2 (Linux 6.13 {@code
     * arm_vsmmu_cache_invalidate}): those of translations within the stage 2's VMID, those of contexts and endpoints by stream.
     *
     * @param parent the domain of stage 2
     * @param commands what the user wrote into his queue, with his own StreamIDs
     * @param streams the StreamID that one of the user's stands for; {@code null} when he has no such stream
     * @throws IommuException {@code EINVAL} for a parent that is not of stage 2 or of another unit; {@code EIO} at the first
     *     command that is not the user's to issue: those before it have taken effect; {@code ETIMEDOUT} when the unit does not
     *     do them
     */
    public void invalidate(DomainOps parent, List<Command> commands, IntFunction<@Nullable Integer> streams) {
        new UserInvalidation(requireParent(parent), streams).issue(commands);
    }

    /**
     * Makes a domain of a process's address space, for PASIDs (Linux {@code iommu_sva_domain_alloc}).
     *
     * @param space the process's tables, which stay the caller's
     * @return the domain, to be {@link IommuCore#adopt adopted} by a core
     * @throws IommuException {@code EINVAL} for tables that the unit cannot walk; {@code EBUSY} without an ASID
     */
    public SvaDomain shareAddressSpace(LpaeTable space) {
        return new SvaDomain(unit, devices, space);
    }

    /** HiSilicon's trace device is left alone. */
    @Override
    public @Nullable DomainType defaultDomainType(Device device) {
        PciFunction function = functionOf(device);
        return function != null && function.vendor() == HUAWEI && function.device() == TRACE_DEVICE
                ? DomainType.IDENTITY
                : null;
    }

    @Override
    public @Nullable DomainType releaseDomainType() {
        return unit.host().kernel().release().smmuv3HasBlockedDomain() ? DomainType.BLOCKED : null;
    }

    @Override
    public List<ReservedRegion> reservedRegions(Device device) {
        return List.of(new ReservedRegion(MESSAGES, MESSAGE_PROT, ReservedRegion.Type.SW_MSI));
    }

    @Override
    public boolean capable(Device device, IommuCapability capability) {
        return switch (capability) {
            case CACHE_COHERENCY -> unit.features().has(SmmuFeature.COHERENCY);
            case NOEXEC, DEFERRED_FLUSH -> true;
            case INTERRUPT_ISOLATION -> !unit.host().has(SmmuOption.MSIS_NOT_ISOLATED);
            case PRE_BOOT_PROTECTION, ENFORCE_CACHE_COHERENCY, DIRTY_TRACKING -> false;
        };
    }

    @Override
    public int maxPasids(Device device) {
        Master master = unit.streams().find(device);
        return master == null || master.ssidBits() == 0 ? 0 : 1 << master.ssidBits();
    }

    @Override
    public boolean answersPageRequests() {
        return true;
    }

    /**
     * Answers a stalled access, by CMD_RESUME, or a group of page requests, by CMD_PRI_RESP.
     *
     * @throws IommuException {@code ENODEV} for a device that waits for nothing, or is not behind this unit; {@code ETIMEDOUT}
     *     when the unit takes no commands
     */
    @Override
    public void pageResponse(Device device, FaultEvent.PageRequest request, PageResponse response) {
        Master master = unit.streams().find(device);
        if (master == null) {
            throw new IommuException(Errno.ENODEV, device.name() + " is not behind " + name());
        }
        responses.answer(master, request, response);
    }

    /**
     * Whether a device can take part in page faults: by stalls, or by ATS with PRI.
     *
     * @param device the device
     * @return {@code true} when its accesses can wait for pages
     */
    public boolean canWaitForPages(Device device) {
        Master master = unit.streams().find(device);
        return master != null
                && (master.stalls()
                        || master.mayCacheTranslations() && master.features().has(Trait.PRI));
    }

    /**
     * How many address space ids are taken: ASIDs of the host, which other units may share, and VMIDs of this unit.
     *
     * @return the number
     */
    public int idsInUse() {
        return unit.host().asids().inUse() + unit.vmids().inUse();
    }

    /**
     * Does what the handlers of the unit's interrupts do: global errors, events, page requests.
     *
     * @return {@code false} when there was nothing to do
     */
    public boolean step() {
        boolean any = unit.errors().step();
        any |= events.step();
        any |= pageRequests.step();
        return any;
    }

    /**
     * Unregisters the unit, switches it off, and gives its memory back.
     *
     * @param core the core the driver is registered with
     */
    public void shutDown(IommuCore core) {
        core.unregister(this);
        unit.shutDown();
    }
}
