package io.github.iommu4j.api.driver;

import io.github.iommu4j.api.CacheInvalidation;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.device.Device;

/**
 * A driver's side of one domain (Linux {@code iommu_domain_ops} with the driver's domain).
 *
 * <p>A refusal is an {@link IommuException}; the core undoes and reports it.
 */
public interface DomainOps {

    /**
     * The core has made its side of the domain: what the driver names when it reports a fault. Called once, before
     * anything else.
     *
     * @param domain the core's side
     */
    default void created(IommuDomain domain) {}

    /**
     * The sizes that can be mapped.
     *
     * @return the sizes; empty for a domain that does not map
     */
    default PageSizes pageSizes() {
        return new PageSizes(0);
    }

    /**
     * The addresses the domain can translate.
     *
     * @return the aperture
     */
    default IovaRange aperture() {
        return new IovaRange(0, -1);
    }

    /**
     * Attaches the domain to a device instead of whatever is attached. Called with the group's mutex held.
     *
     * @param device the device
     * @throws IommuException {@code EINVAL} when the domain does not fit the device but another may; otherwise the
     *     driver's reason
     */
    void attach(Device device);

    /**
     * Maps equal pages.
     *
     * @param iova first address, aligned to {@code pageSize}
     * @param pa first physical address, aligned to {@code pageSize}
     * @param pageSize bytes, one of {@link #pageSizes()}
     * @param count how many pages; the driver may do fewer, at least one
     * @param prot what the device may do
     * @param progress counts the bytes mapped, also before a failure
     * @throws IommuException {@code EEXIST} or {@code EADDRINUSE} for an overlap, {@code ENOMEM}, {@code ERANGE}
     */
    default void mapPages(long iova, long pa, long pageSize, long count, Prot prot, MapProgress progress) {
        throw new IommuException(Errno.ENODEV, "this domain does not map");
    }

    /**
     * Unmaps equal pages.
     *
     * @param iova first address, aligned to {@code pageSize}
     * @param pageSize bytes, one of {@link #pageSizes()}
     * @param count how many pages
     * @param gather collects what must be invalidated
     * @return bytes unmapped; 0 at a hole
     */
    default long unmapPages(long iova, long pageSize, long count, IotlbGather gather) {
        return 0;
    }

    /**
     * Looks a translation up in the domain's tables.
     *
     * @param iova an address
     * @return the physical address, or 0 when not mapped
     */
    default long iovaToPhys(long iova) {
        return 0;
    }

    /**
     * A range was mapped: tells hardware that caches absent entries.
     *
     * @param iova first address
     * @param size bytes
     * @throws IommuException when that failed; the core unmaps the range
     */
    default void iotlbSyncMap(long iova, long size) {}

    /**
     * Invalidates what was gathered and waits until it is done.
     *
     * @param gather what unmapping collected
     */
    default void iotlbSync(IotlbGather gather) {}

    /** Invalidates everything of this domain and waits until it is done. */
    default void flushIotlbAll() {}

    /**
     * Whether the domain can be attached to PASIDs.
     *
     * @return {@code true} when {@link #attachPasid} works
     */
    default boolean supportsPasid() {
        return false;
    }

    /**
     * Attaches the domain to a device's PASID instead of whatever is attached there.
     *
     * @param device the device
     * @param pasid the PASID
     * @throws IommuException the driver's reason
     */
    default void attachPasid(Device device, int pasid) {
        throw new IommuException(Errno.EOPNOTSUPP, "this domain takes no PASID");
    }

    /**
     * Detaches the domain from a device's PASID.
     *
     * @param device the device
     * @param pasid the PASID
     */
    default void detachPasid(Device device, int pasid) {}

    /**
     * Lets a guest's MSI doorbell through.
     *
     * @param iova where the guest's devices write
     * @param gpa where the guest's doorbell is
     * @param size bytes
     * @throws IommuException {@code ENODEV} by default; the driver's reason
     */
    default void bindGuestMsi(long iova, long gpa, long size) {
        throw new IommuException(Errno.ENODEV, "this domain binds no guest's MSIs");
    }

    /**
     * Undoes {@link #bindGuestMsi}.
     *
     * @param iova as it was bound
     */
    default void unbindGuestMsi(long iova) {}

    /**
     * Invalidates what a guest has invalidated in its own stage.
     *
     * @param device a device the domain is attached to
     * @param invalidation what
     * @throws IommuException {@code ENODEV} by default; the driver's reason
     */
    default void invalidateCache(Device device, CacheInvalidation invalidation) {
        throw new IommuException(Errno.ENODEV, "this domain has no stage of a guest's");
    }

    /** Frees the driver's side. */
    default void free() {}
}
