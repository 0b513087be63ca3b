package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.smmuv3.driver.DomainFlush.Tag;
import io.github.iommu4j.smmuv3.driver.DomainFlush.Way;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the devices behind a unit are attached to. From 6.9 on a domain takes another's place in one step, and a refusal changes
 * nothing; before, a device is detached first.
 *
 * <p>Called under the device's group's mutex; context descriptors and what depends on them change under {@code
 * arm_smmu_asid_lock}.
 */
final class DeviceAttach {

    private final SmmuUnit unit;
    private final SmmuHost host;

    DeviceAttach(SmmuUnit unit) {
        this.unit = unit;
        this.host = unit.host();
    }

    private Master require(Device device) {
        Master master = unit.streams().find(device);
        if (master == null) {
            throw new IommuException(Errno.ENOENT, device.name() + " has no streams behind " + unit.name());
        }
        return master;
    }

    private void asidLocked(Runnable action) {
        host.asidLock().lock();
        try {
            action.run();
        } finally {
            host.asidLock().unlock();
        }
    }

    /**
     * Attaches a domain that maps.
     *
     * @throws IommuException {@code ENOENT} for a device of another unit's; {@code ENXIO} (6.1) or {@code EINVAL} for a domain
     *     of another unit; {@code EINVAL} (6.1) for a device whose PASIDs or stalls are not like the first one's; {@code EBUSY}
     *     while PASIDs are attached that it cannot go with; {@code ENOMEM}; {@code EBUSY} or {@code ENOSPC} without an id
     */
    void attach(Device device, SmmuDomain domain) {
        Master master = require(device);
        if (host.kernel().release().smmuv3DetachesBeforeAttach()) {
            requireNoPasids(master);
            detach(master);
        }
        domain.finalise(master);
        requireUnit(domain, master);
        if (host.kernel().release().smmuv3DetachesBeforeAttach() && !domain.likeFirst(master)) {
            throw new IommuException(
                    Errno.EINVAL, device.name() + " has other PASIDs or stalls than the domain's first device");
        }
        attach(master, domain.target());
    }

    /**
     * Attaches something that is not a domain of its own table.
     *
     * @throws IommuException as the other
     */
    void attach(Device device, StreamTarget target) {
        Master master = require(device);
        if (host.kernel().release().smmuv3DetachesBeforeAttach()) {
            requireNoPasids(master);
            detach(master);
        }
        SmmuDomain domain = target.domain();
        if (domain != null) {
            domain.finalise(master);
            requireUnit(domain, master);
        }
        attach(master, target);
    }

    private static void requireNoPasids(Master master) {
        if (!master.pasids().isEmpty()) {
            throw new IommuException(Errno.EBUSY, master.device().name() + " has domains on PASIDs");
        }
    }

    private void requireUnit(ContextSpace space, Master master) {
        if (space.unit() != master.unit()) {
            throw new IommuException(
                    host.kernel().release().smmuv3ForeignDomain(),
                    "a domain of " + space.unit().name() + " does not go with a device of " + unit.name());
        }
    }

    private void attach(Master master, StreamTarget target) {
        if (!target.allowsPasids()) {
            requireNoPasids(master);
        }
        if (target instanceof StreamTarget.Stage1) {
            master.contexts().prepare(Master.NO_PASID);
        }
        asidLocked(() -> switchTo(master, target));
    }

    /** Nothing is refused here any more. Between any two stores requests go the old way or the new. */
    private void switchTo(Master master, StreamTarget target) {
        StreamTarget old = master.target();
        AtsChange ats = new AtsChange(master, target.usesAts(master));
        enter(master, target);
        ats.before();
        if (target instanceof StreamTarget.Stage1 stage1) {
            master.contexts().write(Master.NO_PASID, stage1.domain().descriptor(master.traits()));
        }
        install(master, target, ats);
        ats.after(Master.NO_PASID);
        leave(master, old);
        master.setTarget(target);
        if (!(target instanceof StreamTarget.Stage1) && master.hasContexts()) {
            master.contexts().clear(Master.NO_PASID);
        }
    }

    private void install(Master master, StreamTarget target, AtsChange ats) {
        Set<StreamTrait> traits = master.traits();
        if (ats.isOn()) {
            traits.add(StreamTrait.ATS);
        }
        write(master, target.entry(master, traits));
    }

    private void write(Master master, StreamTableEntry entry) {
        for (int sid : master.streamIds()) {
            unit.streamTable().write(sid, entry);
        }
    }

    private static void enter(Master master, StreamTarget target) {
        SmmuDomain domain = target.domain();
        if (domain != null) {
            domain.flush().add(tag(master, target));
        }
    }

    private static void leave(Master master, @Nullable StreamTarget target) {
        SmmuDomain domain = target == null ? null : target.domain();
        if (target != null && domain != null) {
            domain.flush().remove(tag(master, target));
        }
    }

    private static Tag tag(Master master, StreamTarget target) {
        return new Tag(master, Master.NO_PASID, target instanceof StreamTarget.Nested ? Way.NESTED : Way.DIRECT);
    }

    /** A device without a domain goes nowhere, or passes if the kernel was told so. */
    private void detach(Master master) {
        StreamTarget old = master.target();
        if (old == null) {
            return;
        }
        StreamTarget.Fixed none = unit.detachedDevicesPass() ? StreamTarget.Fixed.IDENTITY : StreamTarget.Fixed.BLOCKED;
        asidLocked(() -> {
            switchTo(master, none);
            master.setTarget(null);
        });
    }

    /** A device goes: nothing of it stays in tables and caches. */
    void release(Master master) {
        for (int pasid : master.pasids().keySet().toArray(new Integer[0])) {
            detachPasid(master, pasid);
        }
        detach(master);
        unit.streams().remove(master);
        master.freeContexts();
    }

    /**
     * Attaches an address space to a PASID, instead of whatever is there.
     *
     * @throws IommuException {@code ENOENT} for a device of another unit's; {@code EINVAL} for a space of another unit, for a
     *     PASID that the device does not have, and while requests without PASID go through a domain of stage 2; {@code ENOMEM}
     */
    void attachPasid(Device device, int pasid, ContextSpace space) {
        Master master = require(device);
        if (space.unit() != unit) {
            throw new IommuException(
                    Errno.EINVAL,
                    "a domain of " + space.unit().name() + " does not go with a device of " + unit.name());
        }
        if (pasid <= 0 || pasid >>> master.ssidBits() != 0) {
            throw new IommuException(Errno.EINVAL, device.name() + " has no PASID " + pasid);
        }
        StreamTarget target = master.target();
        if (target == null || !target.allowsPasids()) {
            throw new IommuException(
                    Errno.EINVAL, device.name() + " is attached to what does not go with PASIDs: " + target);
        }
        master.contexts().prepare(pasid);
        asidLocked(() -> putPasid(master, pasid, space, target));
    }

    private void putPasid(Master master, int pasid, ContextSpace space, StreamTarget target) {
        AtsChange ats = new AtsChange(master, true);
        space.flush().add(new Tag(master, pasid, Way.DIRECT));
        ats.before();
        master.contexts().write(pasid, space.descriptor(master.traits()));
        ContextSpace old = master.pasids().put(pasid, space);
        if (target instanceof StreamTarget.Fixed) {
            install(master, target, ats);
        }
        ats.after(pasid);
        if (old != null) {
            old.flush().remove(new Tag(master, pasid, Way.DIRECT));
        }
    }

    /** Takes a PASID's address space away; nothing happens when it has none. */
    void detachPasid(Device device, int pasid) {
        detachPasid(require(device), pasid);
    }

    private void detachPasid(Master master, int pasid) {
        asidLocked(() -> {
            ContextSpace old = master.pasids().remove(pasid);
            if (old == null) {
                return;
            }
            master.contexts().clear(pasid);
            if (master.cachesTranslations()) {
                EndpointCommands.invalidateAll(master, pasid);
            }
            old.flush().remove(new Tag(master, pasid, Way.DIRECT));
            StreamTarget target = master.target();
            if (target instanceof StreamTarget.Fixed && master.pasids().isEmpty()) {
                switchTo(master, target);
            }
        });
    }
}
