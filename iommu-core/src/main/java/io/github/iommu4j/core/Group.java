package io.github.iommu4j.core;

import io.github.iommu4j.api.DmaOwnership;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.api.UserCapabilities;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.api.lock.RefCount;
import io.github.iommu4j.core.fault.FaultHost;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A group: its members and the domains attached to them. */
final class Group implements IommuGroup {

    private static final LockClass LOCK_CLASS = new LockClass("&group->mutex");

    private final IommuCore core;
    private final int id;
    private final Mutex mutex;
    private final RefCount references;
    private final Ownership ownership;
    private final GroupAttach attach;

    // Guarded by the mutex.
    private final Map<String, DeviceIommu> members = new LinkedHashMap<>();
    private @Nullable Domain defaultDomain;
    private @Nullable Domain blockingDomain;

    // Change under the mutex; a fault reads them without.
    private final Map<Integer, Domain> pasids = new ConcurrentHashMap<>();
    private volatile @Nullable Domain domain;

    private volatile @Nullable String name;
    private @Nullable Object iommuData;
    private Consumer<Object> iommuDataRelease = data -> {};

    Group(IommuCore core, int id) {
        this.core = core;
        this.id = id;
        this.mutex = core.locking().mutex(LOCK_CLASS);
        this.references = core.locking().refCount("iommu group " + id);
        this.ownership = new Ownership(core, this);
        this.attach = new GroupAttach(core, this);
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public @Nullable String name() {
        return name;
    }

    @Override
    public void setName(@Nullable String newName) {
        name = newName;
    }

    Mutex mutex() {
        return mutex;
    }

    Ownership ownership() {
        return ownership;
    }

    GroupAttach attachment() {
        return attach;
    }

    <T> T locked(Supplier<T> action) {
        mutex.lock();
        try {
            return action.get();
        } finally {
            mutex.unlock();
        }
    }

    void locked(Runnable action) {
        mutex.lock();
        try {
            action.run();
        } finally {
            mutex.unlock();
        }
    }

    Collection<DeviceIommu> members() {
        mutex.assertHeld();
        return members.values();
    }

    /** The member that joined first of those present; there must be one. */
    DeviceIommu firstMember() {
        return members().iterator().next();
    }

    /** Takes a member in, under its device's name or, where that is taken, the name with the first free number. */
    void addLocked(DeviceIommu member) {
        mutex.assertHeld();
        String link = member.device.name();
        for (int i = 0; members.containsKey(link); i++) {
            link = member.device.name() + "." + i;
        }
        member.link = link;
        members.put(link, member);
    }

    void removeLocked(DeviceIommu member) {
        mutex.assertHeld();
        members.remove(member.link, member);
    }

    Map<Integer, Domain> pasids() {
        mutex.assertHeld();
        return pasids;
    }

    @Nullable
    Domain currentLocked() {
        mutex.assertHeld();
        return domain;
    }

    /** Who takes page requests of a PASID, or of none. Takes no lock: the caller may hold a driver's. */
    FaultHost.@Nullable Target faultTarget(int pasid) {
        Domain attached = pasid == TranslationUnit.NO_SUBSTREAM ? domain : pasids.get(pasid);
        return attached == null ? null : attached.faultTarget();
    }

    void setCurrentLocked(@Nullable Domain newDomain) {
        mutex.assertHeld();
        Domain old = domain;
        if (old != null) {
            old.detached();
        }
        domain = newDomain;
        if (newDomain != null) {
            newDomain.attached();
        }
    }

    @Nullable
    Domain defaultLocked() {
        mutex.assertHeld();
        return defaultDomain;
    }

    void setDefaultLocked(@Nullable Domain newDomain) {
        mutex.assertHeld();
        defaultDomain = newDomain;
    }

    @Nullable
    Domain blockingLocked() {
        mutex.assertHeld();
        return blockingDomain;
    }

    void setBlockingLocked(@Nullable Domain newDomain) {
        mutex.assertHeld();
        blockingDomain = newDomain;
    }

    /** The group is done for, or its last device has left: the domains the core made for it go. */
    void freeDomainsLocked() {
        mutex.assertHeld();
        Domain blocking = blockingDomain;
        Domain standing = defaultDomain;
        setCurrentLocked(null);
        blockingDomain = null;
        defaultDomain = null;
        if (blocking != null) {
            blocking.free();
        }
        if (standing != null) {
            standing.free();
        }
    }

    @Override
    public List<Device> devices() {
        return locked(() -> {
            List<Device> devices = new ArrayList<>();
            members().forEach(member -> devices.add(member.device));
            return devices;
        });
    }

    @Override
    public List<String> deviceLinks() {
        return locked(() -> List.copyOf(members.keySet()));
    }

    @Override
    public void forEachDevice(Consumer<Device> action) {
        locked(() -> members().forEach(member -> action.accept(member.device)));
    }

    @Override
    public String typeName() {
        return locked(
                () -> defaultDomain == null ? "unknown" : defaultDomain.type().sysfsName());
    }

    @Override
    public void writeType(String word, UserCapabilities capabilities) {
        new TypeChange(core, this).write(word, capabilities);
    }

    @Override
    public List<ReservedRegion> reservedRegions() {
        return locked(() -> {
            List<ReservedRegion> regions = new ArrayList<>();
            for (DeviceIommu member : members()) {
                regions.addAll(member.driver.reservedRegions(member.device));
            }
            return ReservedRegions.merge(regions);
        });
    }

    @Override
    public @Nullable IommuDomain defaultDomain() {
        mutex.lock();
        try {
            return defaultDomain;
        } finally {
            mutex.unlock();
        }
    }

    @Override
    public @Nullable IommuDomain domain() {
        mutex.lock();
        try {
            return domain;
        } finally {
            mutex.unlock();
        }
    }

    @Override
    public void attach(IommuDomain newDomain) {
        attach.attach((Domain) newDomain);
    }

    @Override
    public void detach(IommuDomain oldDomain) {
        attach.detach();
    }

    @Override
    public void replace(IommuDomain newDomain) {
        attach.replace((Domain) newDomain);
    }

    @Override
    public DmaOwnership dmaOwnership() {
        return ownership;
    }

    @Override
    public void attachPasid(IommuDomain newDomain, int pasid) {
        new PasidAttach(core, this).attach((Domain) newDomain, pasid);
    }

    @Override
    public void detachPasid(IommuDomain oldDomain, int pasid) {
        new PasidAttach(core, this).detach((Domain) oldDomain, pasid);
    }

    @Override
    public void replacePasid(IommuDomain newDomain, int pasid) {
        new PasidAttach(core, this).replace((Domain) newDomain, pasid);
    }

    @Override
    public @Nullable IommuDomain domainOfPasid(int pasid) {
        mutex.lock();
        try {
            return pasids.get(pasid);
        } finally {
            mutex.unlock();
        }
    }

    @Override
    public void setIommuData(@Nullable Object data, Consumer<Object> release) {
        locked(() -> {
            iommuData = data;
            iommuDataRelease = release;
        });
    }

    @Override
    public @Nullable Object iommuData() {
        mutex.lock();
        try {
            return iommuData;
        } finally {
            mutex.unlock();
        }
    }

    @Override
    public IommuGroup get() {
        references.get();
        return this;
    }

    @Override
    public void put() {
        if (references.put()) {
            Object data = iommuData;
            if (data != null) {
                iommuDataRelease.accept(data);
            }
            core.groupFreed(this);
            locked(this::freeDomainsLocked);
        }
    }

    @Override
    public String toString() {
        return "iommu group " + id;
    }
}
