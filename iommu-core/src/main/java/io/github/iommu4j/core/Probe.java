package io.github.iommu4j.core;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Takes devices into groups and lets them go. */
final class Probe {

    private static final LockClass LOCK_CLASS = new LockClass("iommu_probe_device_lock");

    private final IommuCore core;
    private final Mutex mutex;

    Probe(IommuCore core) {
        this.core = core;
        this.mutex = core.locking().mutex(LOCK_CLASS);
    }

    Mutex mutex() {
        return mutex;
    }

    private void lock() {
        if (!core.has(CoreErratum.PROBE_WITHOUT_LOCK)) {
            mutex.lock();
        }
    }

    private void unlock() {
        if (!core.has(CoreErratum.PROBE_WITHOUT_LOCK)) {
            mutex.unlock();
        }
    }

    /** Probes one device: hot add, or the replay from a driver's bind. */
    void probe(DeviceNode device) {
        if (core.has(CoreErratum.REPLAY_UNDER_DEVICE_LOCK)) {
            device.mutex().lock();
            device.mutex().unlock();
        }
        DeviceIommu joined;
        askFirmware(device);
        lock();
        try {
            if (core.iommuOf(device) != null) {
                return;
            }
            joined = probeLocked(device, null);
        } finally {
            unlock();
        }
        if (stays(device)) {
            joined.driver.probeFinalize(device);
        }
    }

    /**
     * Lets a device go again that left its bus while it was probed. Whoever removes a device first marks it and then lets
     * it go; so either that finds the device in its group, or this finds the mark.
     */
    private boolean stays(DeviceNode device) {
        if (device.isPresent()) {
            return true;
        }
        release(device);
        return false;
    }

    private void askFirmware(DeviceNode device) {
        if (core.release().asksFirmwareWhenProbing() && device.driver() == null) {
            core.askFirmware(device);
        }
    }

    /** Walks a bus when an IOMMU registers: every device first, then the new groups. */
    void walk(BusType bus) {
        Set<Group> fresh = new LinkedHashSet<>();
        for (DeviceNode device : bus.nodes()) {
            walkDevice(device, fresh);
        }
        for (Group group : fresh) {
            setUp(group);
        }
    }

    private void walkDevice(DeviceNode device, Set<Group> fresh) {
        boolean lockDevice = core.has(CoreErratum.SELF_PROBE_UNDER_DEVICE_LOCK);
        if (lockDevice) {
            device.mutex().lock();
        }
        try {
            walkDeviceUnlocked(device, fresh);
        } finally {
            if (lockDevice) {
                device.mutex().unlock();
            }
        }
    }

    private void walkDeviceUnlocked(DeviceNode device, Set<Group> fresh) {
        askFirmware(device);
        lock();
        try {
            if (core.iommuOf(device) == null) {
                probeLocked(device, fresh);
            }
        } catch (IommuException refusal) {
            if (refusal.errno() != Errno.ENODEV) {
                throw refusal;
            }
        } finally {
            unlock();
        }
        stays(device);
    }

    private void setUp(Group group) {
        boolean done = group.locked(() -> {
            if (group.defaultLocked() == null && !group.members().isEmpty()) {
                core.defaultDomains().setUpLocked(group);
            }
            return group.defaultLocked() != null;
        });
        if (done) {
            core.finalizeGroup(group);
        }
    }

    /** Probes a device; a group without a default domain is set up now, or left to the caller's collection. */
    private DeviceIommu probeLocked(DeviceNode device, @Nullable Set<Group> fresh) {
        if (!core.has(CoreErratum.PROBE_WITHOUT_LOCK)) {
            mutex.assertHeld();
        }
        if (!device.isPresent()) {
            throw new IommuException(Errno.ENODEV, device + " is on no bus");
        }
        IommuDriver driver = takeOn(device);
        Group group;
        try {
            group = groupFor(device, driver);
        } catch (IommuException refusal) {
            driver.releaseDevice(device);
            device.setFwSpec(null);
            throw refusal;
        }
        boolean late = core.release().asksFirmwareWhenProbing() && device.driver() != null;
        core.log().warnOn(late, device + ": late IOMMU probe at driver bind, something fishy here!");
        DeviceIommu iommu = new DeviceIommu(device, driver, group);
        try {
            group.locked(() -> joinLocked(iommu, fresh));
        } catch (IommuException refusal) {
            group.put();
            throw refusal;
        }
        core.log().print(KernelLog.Level.INFO, device + ": Adding to iommu group " + group.id());
        return iommu;
    }

    /** The first instance that does not say "not mine" has the device. */
    private IommuDriver takeOn(DeviceNode device) {
        for (IommuDriver driver : core.drivers()) {
            try {
                driver.probeDevice(device);
                return driver;
            } catch (IommuException refusal) {
                if (refusal.errno() != Errno.ENODEV) {
                    device.setFwSpec(null);
                    throw refusal;
                }
            }
        }
        throw new IommuException(Errno.ENODEV, device + " is behind no IOMMU");
    }

    private Group groupFor(DeviceNode device, IommuDriver driver) {
        IommuGroup chosen = driver.deviceGroup(device, core.groupHelpers(driver));
        if (chosen == null) {
            core.log().warnOn(true, "the driver named no group for " + device);
            throw new IommuException(Errno.EINVAL, device + " has no group");
        }
        return (Group) chosen;
    }

    private void joinLocked(DeviceIommu iommu, @Nullable Set<Group> fresh) {
        iommu.group.addLocked(iommu);
        core.remember(iommu);
        try {
            core.defaultDomains().joinLocked(iommu, fresh);
        } catch (IommuException refusal) {
            leaveLocked(iommu);
            throw refusal;
        }
    }

    /** Lets a device go that left its bus, or whose IOMMU goes. */
    void release(DeviceNode device) {
        DeviceIommu iommu = core.iommuOf(device);
        if (iommu == null) {
            return;
        }
        Group group = iommu.group;
        if (core.release().logsHotRemoval()) {
            core.log().print(KernelLog.Level.INFO, device + ": Removing from iommu group " + group.id());
        }
        if (group.locked(() -> leaveLocked(iommu))) {
            group.put();
        }
    }

    /** Says whether the device was still there: two may let it go at once. */
    private boolean leaveLocked(DeviceIommu iommu) {
        Group group = iommu.group;
        if (core.iommuOf(iommu.device) != iommu) {
            return false;
        }
        group.removeLocked(iommu);
        core.forget(iommu);
        boolean settles = group.members().isEmpty() && core.release().lastDeviceTakesDomains();
        if (settles) {
            boolean owned = !group.ownership().isFreeLocked();
            boolean foreign = group.currentLocked() != group.defaultLocked();
            core.log().warnOn(owned || foreign, "the last device leaves " + group + ", which is in use");
        }
        letGo(iommu);
        if (settles) {
            group.freeDomainsLocked();
        }
        return true;
    }

    private void letGo(DeviceIommu iommu) {
        core.faults().released(iommu.device);
        if (core.has(CoreErratum.REMOVE_DEVICE_KEEPS_DOMAIN)) {
            return;
        }
        DomainType releaseType = iommu.driver.releaseDomainType();
        if (releaseType != null && core.release().attachesReleaseDomain() && !iommu.attachDeferred) {
            park(iommu, releaseType);
        }
        iommu.driver.releaseDevice(iommu.device);
        iommu.device.setFwSpec(null);
    }

    /** The kernel's release domains exist always; where a driver cannot make one now, the device goes without. */
    private void park(DeviceIommu iommu, DomainType type) {
        boolean mustStayDirect = iommu.requiresDirect
                && type == DomainType.BLOCKED
                && core.release().keepsDirectMappingsOnRelease();
        Domain parking = null;
        try {
            parking = core.allocate(mustStayDirect ? DomainType.IDENTITY : type, iommu);
            if (parking != null) {
                parking.ops().attach(iommu.device);
            }
        } catch (IommuException refusal) {
            core.log().print(KernelLog.Level.ERR, iommu.device + " could not be parked: " + refusal.getMessage());
        } finally {
            if (parking != null) {
                parking.free();
            }
        }
    }

    /** Lets every device of an instance go. */
    void releaseAll(IommuDriver driver, List<BusType> buses) {
        for (BusType bus : buses) {
            for (DeviceNode device : bus.nodes()) {
                DeviceIommu iommu = core.iommuOf(device);
                if (iommu != null && iommu.driver == driver) {
                    release(device);
                }
            }
        }
    }
}
