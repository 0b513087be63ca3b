package io.github.iommu4j.core;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.driver.IommuCapability;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.trace.KernelLog;
import org.jspecify.annotations.Nullable;

/** Which type of default domain the devices of a group need. Every method needs the group's mutex. */
final class DefaultTypes {

    private DefaultTypes() {}

    /**
     * The type that devices or the user dictate (6.5 and later).
     *
     * @return the type, or {@code null} when the system's choice is free
     * @throws IommuException {@code EINVAL} when the demands contradict each other
     */
    static @Nullable DomainType dictated(IommuCore core, Group group, @Nullable DomainType requested) {
        DomainType demanded = null;
        DeviceIommu untrusted = null;
        for (DeviceIommu member : group.members()) {
            demanded = combine(core, member, demanded);
            if (isUntrusted(member)) {
                untrusted = member;
            }
        }
        if (untrusted != null) {
            if (demanded != null && demanded != DomainType.DMA) {
                core.log()
                        .print(
                                KernelLog.Level.ERR,
                                "Device is not trusted, but driver is overriding group " + group.id() + " to "
                                        + demanded.sysfsName() + ", refusing to probe.");
                throw new IommuException(Errno.EINVAL, untrusted.device + " is not trusted with " + demanded);
            }
            demanded = DomainType.DMA;
        }
        if (requested != null && demanded != null && requested != demanded) {
            throw new IommuException(Errno.EINVAL, "devices of " + group + " need type " + demanded);
        }
        return requested != null ? requested : demanded;
    }

    /** Of two different demands, identity stays. */
    private static @Nullable DomainType combine(IommuCore core, DeviceIommu member, @Nullable DomainType soFar) {
        DomainType demand = member.driver.defaultDomainType(member.device);
        if (demand == null || demand == soFar) {
            return soFar;
        }
        if (soFar == null) {
            return demand;
        }
        core.log()
                .print(
                        KernelLog.Level.ERR,
                        "IOMMU driver error, requesting conflicting def_domain_type, " + demand.sysfsName() + " and "
                                + soFar.sysfsName() + ", for devices in group " + member.group.id() + ".");
        return DomainType.IDENTITY;
    }

    /** What a device demands (up to 6.4): one that is not trusted is never asked about. */
    static @Nullable DomainType ofDevice(DeviceIommu member) {
        return isUntrusted(member) ? DomainType.DMA : member.driver.defaultDomainType(member.device);
    }

    /** What the devices of a group agree on (up to 6.4), or {@code null} when they do not care or do not agree. */
    static @Nullable DomainType agreed(IommuCore core, Group group) {
        DomainType agreed = null;
        for (DeviceIommu member : group.members()) {
            DomainType demand = ofDevice(member);
            if (agreed != null && demand != null && demand != agreed) {
                core.log()
                        .print(
                                KernelLog.Level.WARNING,
                                "Device needs domain type " + demand.sysfsName() + ", but another device in " + group
                                        + " requires type " + agreed.sysfsName() + " - using default");
                return null;
            }
            agreed = agreed == null ? demand : agreed;
        }
        return agreed;
    }

    private static boolean isUntrusted(DeviceIommu member) {
        PciFunction function = member.device.pciFunction();
        return function != null && function.isUntrusted();
    }

    /** A new domain; one with a flush queue only if every device's driver can defer invalidation. */
    static Domain allocate(IommuCore core, Group group, DomainType type) {
        boolean wantsQueue = type == DomainType.DMA_FQ;
        Domain made = core.allocate(wantsQueue ? DomainType.DMA : type, group.firstMember());
        if (made == null) {
            throw new IommuException(core.release().missingDomainType(), "no domain of type " + type + " for " + group);
        }
        if (wantsQueue && canDefer(group)) {
            made.retype(DomainType.DMA_FQ);
        }
        return made;
    }

    private static boolean canDefer(Group group) {
        return group.members().stream()
                .allMatch(member -> member.driver.capable(member.device, IommuCapability.DEFERRED_FLUSH));
    }
}
