package io.github.iommu4j.api.driver;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.ReservedRegion;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.PageResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An IOMMU driver: one object per hardware instance (Linux {@code iommu_ops} together with {@code iommu_device}).
 *
 * <p>The core calls {@link #probeDevice} to {@link #releaseDevice} under its probe lock and the rest under the group's
 * mutex where the method says so.
 */
public interface IommuDriver {

    /**
     * The kind of driver; instances of one kind can share domains.
     *
     * @return such as {@code intel-iommu}
     */
    String kind();

    /**
     * The instance's name in sysfs.
     *
     * @return such as {@code dmar0}
     */
    String name();

    /**
     * Takes a device on.
     *
     * @param device the device
     * @throws IommuException {@code ENODEV} when the device is not behind this IOMMU; any other errno is a failure
     */
    void probeDevice(Device device);

    /**
     * Lets a device go; undoes {@link #probeDevice} and whatever is still attached.
     *
     * @param device the device
     */
    void releaseDevice(Device device);

    /**
     * A device is completely set up. Called without locks.
     *
     * @param device the device
     */
    default void probeFinalize(Device device) {}

    /**
     * Chooses a device's group.
     *
     * @param device the device
     * @param helpers the core's usual answers
     * @return the group, with a reference for the caller; {@code null} is a driver's bug and a warning
     */
    @Nullable
    IommuGroup deviceGroup(Device device, GroupHelpers helpers);

    /**
     * Makes a domain.
     *
     * @param type what it is for; {@link DomainType#DMA_FQ} is never asked
     * @param device a device it is meant for
     * @return the driver's side, or {@code null} when the driver has no domains of that type
     * @throws IommuException when making it failed
     */
    @Nullable
    DomainOps allocateDomain(DomainType type, Device device);

    /**
     * The default domain type a device must have.
     *
     * @param device the device
     * @return {@link DomainType#DMA} or {@link DomainType#IDENTITY}, or {@code null} for any
     */
    default @Nullable DomainType defaultDomainType(Device device) {
        return null;
    }

    /**
     * The domain a device is put on before it is released.
     *
     * @return {@link DomainType#BLOCKED}, {@link DomainType#IDENTITY}, or {@code null} for none
     */
    default @Nullable DomainType releaseDomainType() {
        return null;
    }

    /**
     * The addresses reserved for a device.
     *
     * @param device the device
     * @return the regions, unsorted
     */
    default List<ReservedRegion> reservedRegions(Device device) {
        return List.of();
    }

    /**
     * Whether attaching the default domain waits for the device's first DMA (crash kernels).
     *
     * @param device the device
     * @return {@code true} to defer
     */
    default boolean isAttachDeferred(Device device) {
        return false;
    }

    /**
     * Whether the driver can do something for a device.
     *
     * @param device the device
     * @param capability what is asked
     * @return {@code true} when it can
     */
    default boolean capable(Device device, IommuCapability capability) {
        return false;
    }

    /**
     * How many PASIDs the device and this IOMMU support together.
     *
     * @param device the device
     * @return PASIDs 1 to this number minus 1 can be attached; 0 for none
     */
    default int maxPasids(Device device) {
        return 0;
    }

    /**
     * Whether the driver takes answers to page requests.
     *
     * @return whether {@link #pageResponse} works; {@code false} by default
     */
    default boolean answersPageRequests() {
        return false;
    }

    /**
     * Whether users bring PASID tables of their own (Linux {@code user_pasid_table}), so that requests with a PASID the core
     * knows nothing of belong to the domain of the device itself.
     *
     * @return {@code false} by default
     */
    default boolean hasUserPasidTables() {
        return false;
    }

    /**
     * Answers a group of page requests of a device (Linux {@code page_response}).
     *
     * @param device the device
     * @param request the last request of the group, as the driver reported it
     * @param response the answer
     * @throws IommuException {@code ENODEV} when the driver takes no answers; the driver's reason otherwise
     */
    default void pageResponse(Device device, FaultEvent.PageRequest request, PageResponse response) {
        throw new IommuException(Errno.ENODEV, name() + " takes no answers to page requests");
    }
}
