package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The devices behind all units, and what they are attached to. A device that changes its domain is blocked in between, and
 * stays so when the new domain is refused.
 *
 * <p>Devices are attached and detached under their group's mutex.
 */
final class DeviceAttach {

    private final VtdHost host;
    private final ReservedRanges reserved;
    private final Map<Device, DeviceInfo> devices = new ConcurrentHashMap<>();

    DeviceAttach(VtdHost host, ReservedRanges reserved) {
        this.host = host;
        this.reserved = reserved;
    }

    @Nullable
    DeviceInfo find(Device device) {
        return devices.get(device);
    }

    /** The device with a source-id behind a unit; a fault names it so. */
    @Nullable
    DeviceInfo find(VtdUnit unit, int sid) {
        for (DeviceInfo each : devices.values()) {
            if (each.unit() == unit && each.sid() == sid) {
                return each;
            }
        }
        return null;
    }

    private DeviceInfo require(Device device) {
        DeviceInfo info = devices.get(device);
        if (info == null) {
            throw new IommuException(Errno.ENODEV, device.name() + " is behind no remapping unit");
        }
        return info;
    }

    void add(DeviceInfo device) {
        devices.put(device.device(), device);
    }

    /** A device goes: nothing of it stays in tables and caches. */
    void remove(Device device) {
        DeviceInfo info = devices.remove(device);
        if (info != null) {
            for (int pasid : info.pasidDomains().keySet().toArray(new Integer[0])) {
                detachPasid(info, pasid);
            }
            block(info);
            info.unit().tearDown(info);
        }
    }

    void attach(Device device, VtdDomain domain) {
        DeviceInfo info = require(device);
        if (domain.type() == DomainType.UNMANAGED
                && host.kernel().release().vtdRefusesUsersOfReservedMemory()
                && reserved.isLocked(info.function())) {
            host.kernel()
                    .log()
                    .print(
                            KernelLog.Level.WARNING,
                            device.name() + ": Device is ineligible for IOMMU domain attach due to platform RMRR"
                                    + " requirement.");
            throw new IommuException(Errno.EPERM, device.name() + " has reserved memory and keeps its domain");
        }
        block(info);
        domain.requireFit(info.unit());
        VtdUnit unit = info.unit();
        int did = unit.domainIds().get(domain);
        DomainFlush.Tag tag = new DomainFlush.Tag(info, DeviceInfo.NO_PASID, did);
        domain.flush().add(tag);
        info.setDomain(domain);
        try {
            unit.map(info, domain.target(did));
        } catch (IommuException refusal) {
            block(info);
            throw refusal;
        }
    }

    void attachIdentity(Device device) {
        DeviceInfo info = require(device);
        block(info);
        try {
            info.unit().map(info, Target.passThrough(info.unit().parts().capabilities()));
        } catch (IommuException refusal) {
            block(info);
            throw refusal;
        }
    }

    void block(Device device) {
        block(require(device));
    }

    private static void block(DeviceInfo info) {
        info.unit().block(info);
        VtdDomain old = info.domain();
        if (old != null) {
            int did = info.unit().domainIds().of(old);
            old.flush().remove(new DomainFlush.Tag(info, DeviceInfo.NO_PASID, did));
            info.unit().domainIds().put(old);
            info.setDomain(null);
        }
    }

    void attachPasid(Device device, int pasid, VtdDomain domain) {
        DeviceInfo info = require(device);
        PasidTable pasids = info.pasidTable();
        if (pasids == null || info.pasidBits() == 0) {
            throw new IommuException(Errno.EOPNOTSUPP, device.name() + " or its unit has no PASIDs");
        }
        if (pasid >>> info.pasidBits() != 0) {
            throw new IommuException(Errno.EINVAL, device.name() + " has no PASID " + pasid);
        }
        domain.requireFit(info.unit());
        detachPasid(info, pasid);
        int did = info.unit().domainIds().get(domain);
        DomainFlush.Tag tag = new DomainFlush.Tag(info, pasid, did);
        domain.flush().add(tag);
        try {
            pasids.map(pasid, domain.target(did));
        } catch (IommuException refusal) {
            domain.flush().remove(tag);
            info.unit().domainIds().put(domain);
            throw refusal;
        }
        info.pasidDomains().put(pasid, domain);
        info.updateAts();
    }

    void detachPasid(Device device, int pasid) {
        detachPasid(require(device), pasid);
    }

    private static void detachPasid(DeviceInfo info, int pasid) {
        VtdDomain old = info.pasidDomains().remove(pasid);
        PasidTable pasids = info.pasidTable();
        if (old != null && pasids != null) {
            pasids.clear(pasid, info);
            info.updateAts();
            int did = info.unit().domainIds().of(old);
            old.flush().remove(new DomainFlush.Tag(info, pasid, did));
            info.unit().domainIds().put(old);
        }
    }
}
