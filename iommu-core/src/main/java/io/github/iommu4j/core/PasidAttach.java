package io.github.iommu4j.core;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts domains on a PASID of every device of a group. */
final class PasidAttach {

    private final IommuCore core;
    private final Group group;

    PasidAttach(IommuCore core, Group group) {
        this.core = core;
        this.group = group;
    }

    void attach(Domain domain, int pasid) {
        group.locked(() -> {
            requireFit(domain, pasid);
            if (group.pasids().containsKey(pasid)) {
                throw new IommuException(Errno.EBUSY, "PASID " + pasid + " of " + group + " is in use");
            }
            setOnAll(domain, null, pasid);
            group.pasids().put(pasid, domain);
            domain.attached();
        });
    }

    void detach(Domain domain, int pasid) {
        group.locked(() -> {
            Domain attached = group.pasids().get(pasid);
            core.log().warnOn(attached != domain, "PASID " + pasid + " of " + group + " has another domain");
            if (attached != null) {
                group.members().forEach(member -> attached.ops().detachPasid(member.device, pasid));
                group.pasids().remove(pasid);
                attached.detached();
            }
        });
    }

    void replace(Domain domain, int pasid) {
        group.locked(() -> {
            requireFit(domain, pasid);
            Domain old = group.pasids().get(pasid);
            if (old == null) {
                throw new IommuException(Errno.EINVAL, "PASID " + pasid + " of " + group + " has no domain");
            }
            if (old != domain) {
                setOnAll(domain, old, pasid);
                group.pasids().put(pasid, domain);
                old.detached();
                domain.attached();
            }
        });
    }

    private void requireSupport(Domain domain) {
        if (!core.release().hasPasidAttach() || !domain.ops().supportsPasid()) {
            throw new IommuException(Errno.EOPNOTSUPP, domain + " cannot be attached to a PASID");
        }
    }

    private void requireFit(Domain domain, int pasid) {
        if (core.release().looksForDevicesBeforePasidSupport()) {
            requireDevices();
        }
        requireSupport(domain);
        requireDevices();
        for (DeviceIommu member : group.members()) {
            boolean foreign = !member.driver.kind().equals(domain.driver().kind());
            if (foreign || pasid <= 0 || pasid >= member.maxPasids) {
                throw new IommuException(Errno.EINVAL, "PASID " + pasid + " does not fit " + member.device);
            }
        }
    }

    private void requireDevices() {
        if (group.members().isEmpty()) {
            throw new IommuException(Errno.ENODEV, group + " has no devices");
        }
    }

    private void setOnAll(Domain domain, @Nullable Domain old, int pasid) {
        List<DeviceIommu> done = new ArrayList<>();
        for (DeviceIommu member : group.members()) {
            try {
                domain.ops().attachPasid(member.device, pasid);
                done.add(member);
            } catch (IommuException refusal) {
                done.forEach(undo -> goBack(undo, domain, old, pasid));
                throw refusal;
            }
        }
    }

    private void goBack(DeviceIommu member, Domain domain, @Nullable Domain old, int pasid) {
        if (old == null) {
            domain.ops().detachPasid(member.device, pasid);
            return;
        }
        try {
            old.ops().attachPasid(member.device, pasid);
        } catch (IommuException refusal) {
            core.log().warnOn(true, member.device + " could not go back: " + refusal.getMessage());
        }
    }
}
