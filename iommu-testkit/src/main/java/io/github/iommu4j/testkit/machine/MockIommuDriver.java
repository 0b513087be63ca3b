package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.api.driver.GroupHelpers;
import io.github.iommu4j.api.driver.IommuCapability;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.PageResponse;
import io.github.iommu4j.core.device.DeviceNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A complete small IOMMU driver with its hardware: domains are sorted maps, attaching is a table of devices. It answers
 * as the host it is made for, and every call that may fail can be made to.
 *
 * <p>Thread-safe.
 */
public final class MockIommuDriver implements IommuDriver {

    private final String name;
    private final MockHost host;
    private final FailurePlan failures = new FailurePlan();
    private final Map<Device, MockDomain> attached = new HashMap<>();
    private final Map<Device, Map<Integer, MockDomain>> attachedPasids = new HashMap<>();
    private final Set<Device> probed = new HashSet<>();
    private final Set<MockDomain> domains = new HashSet<>();
    private Function<Device, @Nullable DomainType> demands = device -> null;
    private Function<Device, List<ReservedRegion>> extraRegions = device -> List.of();
    private @Nullable DomainType releaseDomain = DomainType.BLOCKED;
    private Set<DomainType> missing = Set.of();
    private @Nullable Grouping grouping;
    private int maxPasids;
    private boolean answers;
    private boolean userPasidTables;
    private final List<Answer> answered = new ArrayList<>();
    private Consumer<Answer> onAnswer = answer -> {};
    private Set<Device> deferred = Set.of();
    private Predicate<Device> isBehind = device -> true;

    /**
     * An instance that takes every device its host would.
     *
     * @param name the instance's name
     * @param host how it presents itself
     */
    public MockIommuDriver(String name, MockHost host) {
        this.name = name;
        this.host = host;
    }

    /**
     * Sets which devices are behind this IOMMU, as firmware says.
     *
     * @param devices whether a device is
     * @return this driver
     */
    public MockIommuDriver serving(Predicate<Device> devices) {
        isBehind = devices;
        return this;
    }

    /**
     * Sets which domain types devices demand.
     *
     * @param newDemands gives a device's demand, or {@code null} for none
     * @return this driver
     */
    public MockIommuDriver demanding(Function<Device, @Nullable DomainType> newDemands) {
        demands = newDemands;
        return this;
    }

    /** Chooses a device's group, as {@link IommuDriver#deviceGroup} does. */
    @FunctionalInterface
    public interface Grouping {

        /**
         * Chooses.
         *
         * @param device the device
         * @param helpers the core's usual answers
         * @return the group with a reference, or {@code null}, which is a driver's bug
         */
        @Nullable
        IommuGroup groupOf(Device device, GroupHelpers helpers);
    }

    /**
     * Sets how groups are chosen.
     *
     * @param newGrouping the choice instead of PCI's or a group for each device
     * @return this driver
     */
    public MockIommuDriver grouping(Grouping newGrouping) {
        grouping = newGrouping;
        return this;
    }

    /**
     * Adds reserved regions.
     *
     * @param regions gives a device's further regions
     * @return this driver
     */
    public MockIommuDriver reserving(Function<Device, List<ReservedRegion>> regions) {
        extraRegions = regions;
        return this;
    }

    /**
     * Takes domain types away.
     *
     * @param types the types this driver does not have
     * @return this driver
     */
    public MockIommuDriver without(DomainType... types) {
        missing = Set.of(types);
        return this;
    }

    /**
     * Sets the domain devices are parked on before release.
     *
     * @param type the type, or {@code null} for none
     * @return this driver
     */
    public MockIommuDriver releasingTo(@Nullable DomainType type) {
        releaseDomain = type;
        return this;
    }

    /**
     * Sets how many PASIDs devices have.
     *
     * @param count PASIDs 1 to {@code count - 1} can be attached
     * @return this driver
     */
    public MockIommuDriver withPasids(int count) {
        maxPasids = count;
        return this;
    }

    /**
     * An answer to page requests that reached the hardware.
     *
     * @param device who asked
     * @param request the request that is answered
     * @param response the answer
     */
    public record Answer(Device device, FaultEvent.PageRequest request, PageResponse response) {}

    /**
     * Lets the hardware take answers to page requests.
     *
     * @param action what happens when one arrives, before it is kept
     * @return this driver
     */
    public MockIommuDriver answeringPageRequests(Consumer<Answer> action) {
        answers = true;
        onAnswer = action;
        return this;
    }

    /**
     * Lets users bring PASID tables of their own.
     *
     * @return this driver
     */
    public MockIommuDriver withUserPasidTables() {
        userPasidTables = true;
        return this;
    }

    /**
     * The answers that arrived.
     *
     * @return oldest first; a snapshot
     */
    public synchronized List<Answer> answers() {
        return List.copyOf(answered);
    }

    /**
     * Defers the first attach of some devices, as a crash kernel does.
     *
     * @param devices the devices
     * @return this driver
     */
    public MockIommuDriver deferring(Set<Device> devices) {
        deferred = Set.copyOf(devices);
        return this;
    }

    /**
     * The calls made, and which of them fails.
     *
     * @return this driver's plan
     */
    public FailurePlan failures() {
        return failures;
    }

    MockHost host() {
        return host;
    }

    @Override
    public String kind() {
        return host.kind();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void probeDevice(Device device) {
        if (host.needsFirmware() == MockHost.Boundary.YES && device.fwSpec() == null || !isBehind.test(device)) {
            throw new IommuException(Errno.ENODEV, device.name() + " is not behind " + name);
        }
        failures.mayFail("probe " + device.name());
        synchronized (this) {
            probed.add(device);
        }
    }

    @Override
    public void releaseDevice(Device device) {
        failures.note("release " + device.name());
        synchronized (this) {
            probed.remove(device);
            attached.remove(device);
            attachedPasids.remove(device);
        }
    }

    @Override
    public @Nullable IommuGroup deviceGroup(Device device, GroupHelpers helpers) {
        failures.mayFail("group of " + device.name());
        if (grouping != null) {
            return grouping.groupOf(device, helpers);
        }
        boolean pci = device instanceof DeviceNode node && node.pciFunction() != null;
        return pci ? helpers.pci(device) : helpers.generic(device);
    }

    @Override
    public @Nullable DomainOps allocateDomain(DomainType type, Device device) {
        if (missing.contains(type)) {
            return null;
        }
        failures.mayFail("allocate " + type);
        MockDomain domain = new MockDomain(this, type);
        synchronized (this) {
            domains.add(domain);
        }
        return domain;
    }

    @Override
    public @Nullable DomainType defaultDomainType(Device device) {
        return demands.apply(device);
    }

    @Override
    public @Nullable DomainType releaseDomainType() {
        return releaseDomain;
    }

    @Override
    public List<ReservedRegion> reservedRegions(Device device) {
        List<ReservedRegion> regions = new ArrayList<>(host.reservedRegions(device));
        regions.addAll(extraRegions.apply(device));
        return regions;
    }

    @Override
    public boolean isAttachDeferred(Device device) {
        return deferred.contains(device);
    }

    @Override
    public boolean capable(Device device, IommuCapability capability) {
        return host.capabilities().contains(capability);
    }

    @Override
    public int maxPasids(Device device) {
        return maxPasids;
    }

    @Override
    public boolean answersPageRequests() {
        return answers;
    }

    @Override
    public boolean hasUserPasidTables() {
        return userPasidTables;
    }

    @Override
    public void pageResponse(Device device, FaultEvent.PageRequest request, PageResponse response) {
        if (!answers) {
            IommuDriver.super.pageResponse(device, request, response);
        }
        failures.mayFail("answer " + device.name());
        Answer answer = new Answer(device, request, response);
        onAnswer.accept(answer);
        synchronized (this) {
            answered.add(answer);
        }
    }

    synchronized void attached(Device device, @Nullable MockDomain domain) {
        if (domain == null) {
            attached.remove(device);
        } else {
            attached.put(device, domain);
        }
    }

    synchronized void attachedPasid(Device device, int pasid, @Nullable MockDomain domain) {
        Map<Integer, MockDomain> ofDevice = attachedPasids.computeIfAbsent(device, key -> new HashMap<>());
        if (domain == null) {
            ofDevice.remove(pasid);
        } else {
            ofDevice.put(pasid, domain);
        }
    }

    synchronized void freed(MockDomain domain) {
        domains.remove(domain);
    }

    /**
     * What a device is attached to.
     *
     * @param device the device
     * @return the type, or {@code null} when nothing is attached
     */
    public synchronized @Nullable DomainType attachedType(Device device) {
        MockDomain domain = attached.get(device);
        return domain == null ? null : domain.type();
    }

    /**
     * What a device's PASID is attached to.
     *
     * @param device the device
     * @param pasid the PASID
     * @return the type, or {@code null} when nothing is attached
     */
    public synchronized @Nullable DomainType attachedType(Device device, int pasid) {
        MockDomain domain = attachedPasids.getOrDefault(device, Map.of()).get(pasid);
        return domain == null ? null : domain.type();
    }

    /**
     * Whether two devices are on one domain.
     *
     * @param one a device
     * @param other a device
     * @return {@code true} when the same domain is attached to both
     */
    public synchronized boolean sharesDomain(Device one, Device other) {
        return attached.get(one) == attached.get(other);
    }

    /**
     * Translates a device's access as the hardware would.
     *
     * @param device the device
     * @param iova the address
     * @param access what it does
     * @return the physical address, or nothing when the access is blocked
     */
    public OptionalLong translate(Device device, long iova, Access access) {
        MockDomain domain;
        synchronized (this) {
            domain = attached.get(device);
        }
        return translate(domain, iova, access);
    }

    /**
     * Translates a device's access with a PASID as the hardware would.
     *
     * @param device the device
     * @param pasid the PASID
     * @param iova the address
     * @param access what it does
     * @return the physical address, or nothing when the access is blocked
     */
    public OptionalLong translate(Device device, int pasid, long iova, Access access) {
        MockDomain domain;
        synchronized (this) {
            domain = attachedPasids.getOrDefault(device, Map.of()).get(pasid);
        }
        return translate(domain, iova, access);
    }

    private OptionalLong translate(@Nullable MockDomain domain, long iova, Access access) {
        if (domain == null || domain.type() == DomainType.BLOCKED) {
            return OptionalLong.empty();
        }
        if (domain.type() == DomainType.IDENTITY) {
            return OptionalLong.of(iova);
        }
        MockDomain.Page page = domain.pageAt(iova);
        if (page == null || !allows(page, access)) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(domain.iovaToPhys(iova));
    }

    private boolean allows(MockDomain.Page page, Access access) {
        int granted = page.prot().bits() & 3;
        if (host.writeImpliesRead() == MockHost.Boundary.YES && (granted & 2) != 0) {
            granted |= 1;
        }
        int needed = access.bits() & (Access.READ_BIT | Access.WRITE_BIT);
        return (granted & needed) == needed;
    }

    /**
     * What was made and not freed, and what was taken on and not let go: empty when nothing leaked.
     *
     * @return a line for each leak
     */
    public synchronized List<String> leaks() {
        List<String> leaks = new ArrayList<>();
        domains.forEach(domain -> leaks.add("domain of type " + domain.type()));
        probed.forEach(device -> leaks.add("device " + device.name()));
        return leaks;
    }
}
