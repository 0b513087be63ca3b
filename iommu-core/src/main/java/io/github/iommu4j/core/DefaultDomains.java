package io.github.iommu4j.core;

import io.github.iommu4j.api.DomainType;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How groups get the domain that the kernel's DMA API uses. Two generations of kernels do it differently. Every method
 * needs the group's mutex.
 */
sealed interface DefaultDomains permits UnifiedDefaultDomains, EarlyDefaultDomains {

    /** The way of a core's release. */
    static DefaultDomains of(IommuCore core) {
        return core.release().setsDefaultDomainsUpInOnePlace()
                ? new UnifiedDefaultDomains(core)
                : new EarlyDefaultDomains(core);
    }

    /** A walk of the bus is over and left this group without a default domain. */
    void setUpLocked(Group group);

    /**
     * Puts a device that has just become a member on the domain it must have.
     *
     * @param later collects groups that wait for the end of a walk; {@code null} when the device was added alone
     */
    void joinLocked(DeviceIommu iommu, @Nullable Set<Group> later);

    /**
     * Changes the type of the default domain; nothing happens when it is of that type.
     *
     * @param requested the type, or {@code null} for what the devices and the system want
     */
    void changeLocked(Group group, @Nullable DomainType requested);
}
