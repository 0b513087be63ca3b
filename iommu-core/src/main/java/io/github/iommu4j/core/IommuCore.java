package io.github.iommu4j.core;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.DeviceDriver;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.api.driver.GroupHelpers;
import io.github.iommu4j.api.driver.IommuCapability;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.core.device.BusEvent;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.device.DmaConfiguration;
import io.github.iommu4j.core.fault.DeviceFaults;
import io.github.iommu4j.core.fault.FaultOptions;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The IOMMU core of one kernel: its IOMMU drivers, groups and domains. Nothing is shared between cores.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread. Lock order: {@code &dev->mutex}, {@code
 * iommu_probe_device_lock}, {@code &group->mutex}, then the drivers' own.
 */
public final class IommuCore {

    private static final LockClass DRIVER_LIST_CLASS = new LockClass("iommu_device_lock");

    private final Locking locking;
    private final KernelRelease release;
    private final KernelLog log;
    private final Set<Erratum> errata;
    private final DomainType systemType;
    private final Function<Device, @Nullable FwSpec> firmware;
    private final SpinLock driverListLock;
    private final List<IommuDriver> drivers = new CopyOnWriteArrayList<>();
    private final List<BusType> buses = new CopyOnWriteArrayList<>();
    private final Map<Device, DeviceIommu> devices = new ConcurrentHashMap<>();
    private final Map<PciFunction, Group> functionGroups = new ConcurrentHashMap<>();
    private final NavigableMap<Integer, Group> groups = new ConcurrentSkipListMap<>();
    private final Map<IommuDriver, Group> singletons = CoreGroupHelpers.noSingletons();
    private final GroupIds groupIds;
    private final Probe probe;
    private final FwSpecs fwSpecs;
    private final DefaultDomains defaultDomains;
    private final DeviceFaults faults;
    private final DeviceAttach deviceAttach = new DeviceAttach(this);
    private final AtomicInteger liveDomains = new AtomicInteger();

    private IommuCore(Builder builder) {
        this.locking = builder.locking;
        this.release = builder.release;
        this.log = builder.log;
        this.errata = Set.copyOf(builder.errata);
        this.systemType = builder.systemType;
        this.firmware = builder.firmware;
        this.driverListLock = locking.spinLock(DRIVER_LIST_CLASS);
        this.groupIds = new GroupIds(locking);
        this.probe = new Probe(this);
        this.fwSpecs = new FwSpecs(this, probe.mutex(), builder.missingSupplier);
        this.defaultDomains = DefaultDomains.of(this);
        this.faults = new DeviceFaults(new FaultRoute(this), builder.faultOptions);
    }

    /**
     * Starts the description of a core.
     *
     * @return a builder for Linux 6.12 with plain locks, translated DMA with a flush queue, no errata, and a log that
     *     throws on warnings
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Watches a bus: devices that appear are probed, those that go are released, and drivers' DMA is configured.
     *
     * @param bus a bus
     */
    public void watch(BusType bus) {
        buses.add(bus);
        bus.configureDmaWith(new OwnershipConfiguration());
        bus.addListener((event, device) -> {
            if (event == BusEvent.ADD_DEVICE) {
                probeQuietly(device);
            } else if (event == BusEvent.REMOVED_DEVICE) {
                probe.release(device);
            }
        });
    }

    private void probeQuietly(DeviceNode device) {
        try {
            probe.probe(device);
        } catch (IommuException refusal) {
            if (refusal.errno() != Errno.ENODEV) {
                log.print(KernelLog.Level.ERR, device + ": " + refusal.getMessage());
            }
        }
    }

    /** Counts drivers that use the DMA API, after firmware has said which IOMMU a device has. */
    private final class OwnershipConfiguration implements DmaConfiguration {

        @Override
        public void configure(DeviceNode device, DeviceDriver driver) {
            boolean useFirst = has(CoreErratum.USE_BEFORE_DMA_CONFIGURE);
            if (useFirst) {
                use(device, driver);
            }
            replay(device);
            if (!useFirst) {
                use(device, driver);
            }
        }

        private void replay(DeviceNode device) {
            askFirmware(device);
            if (device.fwSpec() == null || iommuOf(device) != null) {
                return;
            }
            try {
                probe.probe(device);
            } catch (IommuException refusal) {
                if (refusal.errno() == Errno.EPROBE_DEFER) {
                    throw refusal;
                }
                log.print(KernelLog.Level.INFO, device + ": Adding to IOMMU failed: " + refusal.getMessage());
            }
        }

        private void use(DeviceNode device, DeviceDriver driver) {
            DeviceIommu iommu = iommuOf(device);
            if (iommu != null && !driver.managesDma()) {
                iommu.group.ownership().useDefaultDomain(device);
            }
        }

        @Override
        public void cleanup(DeviceNode device, DeviceDriver driver) {
            DeviceIommu iommu = iommuOf(device);
            if (iommu != null && !driver.managesDma()) {
                iommu.group.ownership().unuseDefaultDomain(device);
            }
        }
    }

    /** Notes what firmware says of a device that is in no group, unless something is known already. */
    void askFirmware(DeviceNode device) {
        if (device.fwSpec() == null && iommuOf(device) == null) {
            device.setFwSpec(firmware.apply(device));
        }
    }

    /**
     * Registers an IOMMU instance and probes every device of every bus.
     *
     * @param driver the instance
     * @throws IommuException {@code EBUSY} when a driver of another kind is registered (up to 6.7), or this instance
     *     already; else the first failure of a device's probe that is not {@code ENODEV}. The instance is unregistered
     *     again then.
     */
    public void register(IommuDriver driver) {
        driverListLock.lock();
        try {
            for (IommuDriver other : drivers) {
                boolean foreign =
                        !release.allowsSeveralIommuDrivers() && !other.kind().equals(driver.kind());
                if (other == driver || foreign) {
                    throw new IommuException(
                            Errno.EBUSY, other.name() + " is registered, " + driver.name() + " cannot be");
                }
            }
            drivers.add(driver);
        } finally {
            driverListLock.unlock();
        }
        try {
            buses.forEach(probe::walk);
        } catch (IommuException refusal) {
            unregister(driver);
            throw refusal;
        }
    }

    /**
     * Unregisters an IOMMU instance and releases its devices.
     *
     * @param driver a registered instance
     */
    public void unregister(IommuDriver driver) {
        probe.releaseAll(driver, buses);
        dropSingleton(driver);
        driverListLock.lock();
        try {
            drivers.remove(driver);
        } finally {
            driverListLock.unlock();
        }
    }

    /** The group that all devices of an instance shared was also held for those to come. */
    private void dropSingleton(IommuDriver driver) {
        Group group = singletons.remove(driver);
        if (group != null && !has(CoreErratum.CACHED_GROUP_WITHOUT_REFERENCE)) {
            group.put();
        }
    }

    /**
     * Probes a device, as hot add and the replay from a driver's bind do.
     *
     * @param device a device of a watched bus; nothing happens when it is in a group
     * @throws IommuException {@code ENODEV} when it is behind no registered IOMMU; else the driver's errno. Nothing is
     *     left behind then.
     */
    public void probe(DeviceNode device) {
        probe.probe(device);
    }

    /**
     * The group of a device.
     *
     * @param device a device
     * @return the group, or {@code null}
     */
    public @Nullable IommuGroup groupOf(Device device) {
        DeviceIommu iommu = devices.get(device);
        return iommu == null ? null : iommu.group;
    }

    /**
     * The group of a number.
     *
     * @param id a group number
     * @return the group, or {@code null}
     */
    public @Nullable IommuGroup groupById(int id) {
        return groups.get(id);
    }

    /**
     * All groups.
     *
     * @return groups in order of their numbers; a snapshot
     */
    public List<IommuGroup> groups() {
        return new ArrayList<>(groups.values());
    }

    /**
     * Makes a domain for a device's driver or user to map in (Linux {@code iommu_paging_domain_alloc}).
     *
     * @param device a device with an IOMMU
     * @return an unmanaged domain, to be freed by the caller
     * @throws IommuException {@code ENODEV} when the device has no IOMMU; {@code EOPNOTSUPP} when its driver has no
     *     such domains; else the driver's errno
     */
    public IommuDomain newPagingDomain(Device device) {
        DeviceIommu iommu = devices.get(device);
        if (iommu == null) {
            throw new IommuException(Errno.ENODEV, device.name() + " has no IOMMU");
        }
        Domain domain = allocate(DomainType.UNMANAGED, iommu);
        if (domain == null) {
            throw new IommuException(Errno.EOPNOTSUPP, iommu.driver.name() + " has no unmanaged domains");
        }
        return domain;
    }

    /**
     * Makes a domain of what a device's IOMMU driver has made for a user who asked it directly, such as the parent of nested
     * domains or one of them (Linux iommufd, {@code IOMMU_HWPT_ALLOC}).
     *
     * @param device a device with an IOMMU
     * @param type {@link DomainType#UNMANAGED} or {@link DomainType#NESTED}
     * @param ops the driver's side
     * @return the domain, to be freed by the caller, who frees the driver's side with it
     * @throws IommuException {@code ENODEV} when the device has no IOMMU
     */
    public IommuDomain adopt(Device device, DomainType type, DomainOps ops) {
        DeviceIommu iommu = devices.get(device);
        if (iommu == null) {
            throw new IommuException(Errno.ENODEV, device.name() + " has no IOMMU");
        }
        Domain domain = new Domain(this, type, iommu.driver, ops);
        ops.created(domain);
        return domain;
    }

    /**
     * Attaches a domain to a device that is alone in its group (Linux {@code iommu_attach_device}).
     *
     * @param domain the domain
     * @param device the device
     * @throws IommuException {@code ENODEV} when the device is in no group; {@code EINVAL} when it is not alone there;
     *     else as {@link IommuGroup#attach}
     */
    public void attach(IommuDomain domain, Device device) {
        deviceAttach.attach((Domain) domain, device);
    }

    /**
     * Takes a domain from a device that is alone in its group (Linux {@code iommu_detach_device}). Another domain than
     * the attached one, or a group of several devices, is a warning and nothing happens.
     *
     * @param domain the attached domain
     * @param device the device; nothing happens when it is in no group
     */
    public void detach(IommuDomain domain, Device device) {
        deviceAttach.detach((Domain) domain, device);
    }

    /**
     * Asks a device's IOMMU driver what it can do (Linux {@code device_iommu_capable}).
     *
     * @param device a device
     * @param capability what is asked
     * @return {@code false} when the driver cannot, or the device has no IOMMU
     */
    public boolean capable(Device device, IommuCapability capability) {
        DeviceIommu iommu = devices.get(device);
        return iommu != null && iommu.driver.capable(device, capability);
    }

    /**
     * Whether what one domain can be attached to, another can as well: they are of the same kind of driver.
     *
     * @param one a domain of this core
     * @param other a domain of this core
     * @return {@code true} when the drivers' kinds are equal
     */
    public boolean compatible(IommuDomain one, IommuDomain other) {
        return ((Domain) one).driver().kind().equals(((Domain) other).driver().kind());
    }

    /**
     * Performs the attach that was deferred to a device's first DMA.
     *
     * @param device a device
     * @throws IommuException the driver's errno
     */
    public void attachDeferred(Device device) {
        DeviceIommu iommu = devices.get(device);
        if (iommu != null) {
            iommu.group.locked(() -> iommu.group.attachment().attachDeferredLocked(iommu));
        }
    }

    /**
     * Hands a fault to the handler of a domain (Linux {@code report_iommu_fault}).
     *
     * @param domain the domain
     * @param device the device, or {@code null} when unknown
     * @param iova the address
     * @param access what the access did
     * @return {@code null} when handled; {@code ENOSYS} without a handler; else the handler's answer
     */
    public @Nullable Errno reportFault(IommuDomain domain, @Nullable Device device, long iova, Access access) {
        return ((Domain) domain).reportFault(device, iova, access);
    }

    /**
     * Faults of devices: reports, handlers, answers and queues.
     *
     * @return this core's faults; its {@code report} is what drivers are given
     */
    public DeviceFaults faults() {
        return faults;
    }

    /**
     * What firmware says of devices' IOMMUs.
     *
     * @return this core's descriptions
     */
    public FwSpecs fwSpecs() {
        return fwSpecs;
    }

    /**
     * The kernel this core follows.
     *
     * @return the release
     */
    public KernelRelease release() {
        return release;
    }

    /**
     * The log.
     *
     * @return this core's log
     */
    public KernelLog log() {
        return log;
    }

    /**
     * Where locks come from.
     *
     * @return this core's locking
     */
    public Locking locking() {
        return locking;
    }

    /**
     * Whether an erratum is on.
     *
     * @param erratum the erratum
     * @return {@code true} when it was switched on
     */
    public boolean has(Erratum erratum) {
        return errata.contains(erratum);
    }

    /**
     * How many domains exist: for leak checks.
     *
     * @return domains made and not freed
     */
    public int liveDomains() {
        return liveDomains.get();
    }

    DomainType systemType() {
        return systemType;
    }

    DefaultDomains defaultDomains() {
        return defaultDomains;
    }

    List<IommuDriver> drivers() {
        return drivers;
    }

    @Nullable
    DeviceIommu iommuOf(Device device) {
        return devices.get(device);
    }

    void remember(DeviceIommu iommu) {
        devices.put(iommu.device, iommu);
        faults.added(iommu.device, iommu.driver);
        PciFunction function = iommu.device.pciFunction();
        if (function != null) {
            functionGroups.put(function, iommu.group);
        }
    }

    void forget(DeviceIommu iommu) {
        devices.remove(iommu.device);
        PciFunction function = iommu.device.pciFunction();
        if (function != null) {
            functionGroups.remove(function);
        }
    }

    GroupHelpers groupHelpers(IommuDriver driver) {
        return new CoreGroupHelpers(this, driver, singletons, functionGroups::get);
    }

    Group newGroup() {
        Group group = new Group(this, groupIds.take());
        groups.put(group.id(), group);
        return group;
    }

    void groupFreed(Group group) {
        groups.remove(group.id(), group);
        if (has(CoreErratum.CACHED_GROUP_WITHOUT_REFERENCE)) {
            singletons.values().remove(group);
        }
        groupIds.give(group.id());
    }

    /** A domain of a type, or {@code null} when the driver has none, or when the release does not say why not. */
    @Nullable
    Domain allocate(DomainType type, DeviceIommu iommu) {
        try {
            DomainOps ops = iommu.driver.allocateDomain(type, iommu.device);
            if (ops == null) {
                return null;
            }
            Domain domain = new Domain(this, type, iommu.driver, ops);
            ops.created(domain);
            return domain;
        } catch (IommuException refusal) {
            if (release.reportsAllocationErrno()) {
                throw refusal;
            }
            return null;
        }
    }

    void domainAllocated() {
        liveDomains.incrementAndGet();
    }

    void domainFreed() {
        liveDomains.decrementAndGet();
    }

    /** Tells the driver of each member, without locks, that set-up is complete. */
    void finalizeGroup(Group group) {
        List<DeviceIommu> members = group.locked(() -> List.copyOf(group.members()));
        members.forEach(member -> member.driver.probeFinalize(member.device));
    }

    /** Describes a core step by step. */
    public static final class Builder {
        private Locking locking = new PlainLocking();
        private KernelRelease release = KernelRelease.V6_12;
        private KernelLog log = new KernelLog(KernelLog.WarnPolicy.THROW);
        private final Set<Erratum> errata = new HashSet<>();
        private DomainType systemType = DomainType.DMA_FQ;
        private Function<Device, @Nullable FwSpec> firmware = device -> null;
        private FaultOptions faultOptions = FaultOptions.asMerged();
        private Supplier<Errno> missingSupplier = () -> Errno.EPROBE_DEFER;

        private Builder() {}

        /**
         * Sets where locks come from.
         *
         * @param newLocking plain, validated or explored locks
         * @return this builder
         */
        public Builder locking(Locking newLocking) {
            locking = newLocking;
            return this;
        }

        /**
         * Sets the kernel to follow.
         *
         * @param newRelease the release
         * @return this builder
         */
        public Builder release(KernelRelease newRelease) {
            release = newRelease;
            return this;
        }

        /**
         * Sets the log.
         *
         * @param newLog where lines and warnings go
         * @return this builder
         */
        public Builder log(KernelLog newLog) {
            log = newLog;
            return this;
        }

        /**
         * Switches an erratum on.
         *
         * @param erratum the erratum
         * @return this builder
         */
        public Builder erratum(Erratum erratum) {
            errata.add(erratum);
            return this;
        }

        /**
         * Sets the type of default domains where no device asks for another: identity for {@code iommu.passthrough=1},
         * DMA for {@code iommu.strict=1}, DMA-FQ otherwise.
         *
         * @param type {@link DomainType#IDENTITY}, {@link DomainType#DMA} or {@link DomainType#DMA_FQ}
         * @return this builder
         * @throws IllegalArgumentException for another type
         */
        public Builder systemType(DomainType type) {
            if (type != DomainType.IDENTITY && !type.isDmaApi()) {
                throw new IllegalArgumentException(type + " is no type of default domain");
            }
            systemType = type;
            return this;
        }

        /**
         * Sets what firmware says of devices when a driver binds to them.
         *
         * @param description gives a device's description, or {@code null} when it has none
         * @return this builder
         */
        public Builder firmware(Function<Device, @Nullable FwSpec> description) {
            firmware = description;
            return this;
        }

        /**
         * Sets what is answered when a device's IOMMU is not registered yet (7.2).
         *
         * @param answer the deferred probe's answer, {@code EPROBE_DEFER} unless set
         * @return this builder
         */
        public Builder missingSupplier(Supplier<Errno> answer) {
            missingSupplier = answer;
            return this;
        }

        /**
         * Sets how faults are treated where kernels left a choice.
         *
         * @param options policies, memory and clock; {@link FaultOptions#asMerged} unless set
         * @return this builder
         */
        public Builder faults(FaultOptions options) {
            faultOptions = options;
            return this;
        }

        /**
         * Makes the core.
         *
         * @return a core without drivers and buses
         */
        public IommuCore build() {
            return new IommuCore(this);
        }
    }
}
