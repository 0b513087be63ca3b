package io.github.iommu4j.api;

import io.github.iommu4j.api.device.Device;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An I/O address space (Linux {@code iommu_domain}).
 *
 * <p><b>Thread-safety:</b> map and unmap of disjoint ranges may run at the same time; overlapping ones are the caller's
 * to serialise. The other methods may be called from any thread.
 */
public interface IommuDomain {

    /**
     * A physically contiguous piece of a scatter list.
     *
     * @param pa physical byte address
     * @param length bytes
     */
    record Segment(long pa, long length) {}

    /**
     * What the domain is for. DMA may become DMA-FQ in place.
     *
     * @return the type
     */
    DomainType type();

    /**
     * The sizes that can be mapped.
     *
     * @return the sizes; empty for domains that do not map
     */
    PageSizes pageSizes();

    /**
     * The addresses the domain can translate. Not checked by {@link #map}.
     *
     * @return the aperture
     */
    IovaRange aperture();

    /**
     * Maps a range.
     *
     * @param iova first address, a multiple of the smallest page
     * @param pa first physical address, a multiple of the smallest page
     * @param size bytes, a multiple of the smallest page; 0 does nothing
     * @param prot what the device may do
     * @throws IommuException {@code EINVAL} when the domain does not map or an argument is misaligned; {@code ENODEV}
     *     when it has no page size; the driver's errno otherwise ({@code EEXIST} for an overlap, {@code ENOMEM},
     *     {@code ERANGE}). What was mapped before the failure is unmapped again.
     */
    void map(long iova, long pa, long size, Prot prot);

    /**
     * Maps scattered memory to one range; adjacent pieces are merged first.
     *
     * @param iova first address, a multiple of the smallest page
     * @param segments the pieces, in order
     * @param prot what the device may do
     * @return bytes mapped
     * @throws IommuException as {@link #map}; everything this call mapped is unmapped again
     */
    long mapSg(long iova, List<Segment> segments, Prot prot);

    /**
     * Unmaps a range and waits until no translation uses it.
     *
     * @param iova first address
     * @param size bytes
     * @return bytes unmapped: fewer than asked at a hole, more where a larger page began; 0 when nothing was mapped, the
     *     domain does not map, or an argument is misaligned
     */
    long unmap(long iova, long size);

    /**
     * Unmaps a range and leaves the invalidation to the caller.
     *
     * @param iova first address
     * @param size bytes
     * @param gather collects what must be invalidated; to be handed to {@link #iotlbSync}
     * @return as {@link #unmap}
     */
    long unmapFast(long iova, long size, IotlbGather gather);

    /**
     * Invalidates what was gathered and empties the gather.
     *
     * @param gather what {@link #unmapFast} collected
     */
    void iotlbSync(IotlbGather gather);

    /** Invalidates everything of this domain. */
    void flushIotlbAll();

    /**
     * Looks a translation up in the domain's tables.
     *
     * @param iova an address
     * @return the physical address; {@code iova} for an identity domain; 0 when not mapped
     */
    long iovaToPhys(long iova);

    /**
     * Sets the handler for faults of this domain.
     *
     * @param handler the handler, or {@code null} for none
     */
    void setFaultHandler(@Nullable FaultHandler handler);

    /**
     * Lets a guest's MSI doorbell through: the guest's devices write to an address that its own stage leads to the doorbell it
     * sees (2019 proposal, {@code iommu_bind_guest_msi}).
     *
     * @param iova where the guest's devices write
     * @param gpa where the guest's doorbell is
     * @param size bytes
     * @throws IommuException {@code ENODEV} when the driver has no such domains; else the driver's errno
     */
    void bindGuestMsi(long iova, long gpa, long size);

    /**
     * Undoes {@link #bindGuestMsi}; nothing happens when nothing is bound there.
     *
     * @param iova as it was bound
     */
    void unbindGuestMsi(long iova);

    /**
     * Invalidates what a guest has invalidated in its own stage (2019 proposal, {@code iommu_cache_invalidate}).
     *
     * @param device a device the domain is attached to
     * @param invalidation what
     * @throws IommuException {@code ENODEV} when the driver has no such domains; else the driver's errno
     */
    void invalidateCache(Device device, CacheInvalidation invalidation);

    /** Frees the domain. It must not be attached; that is a broken caller and a warning. */
    void free();
}
