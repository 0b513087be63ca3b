package io.github.iommu4j.core.dmabuf;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;

/**
 * An exporter's side of one buffer (Linux {@code struct dma_buf_ops}).
 *
 * <p><b>Locks:</b> {@link #map}, {@link #unmap}, {@link #vmap} and {@link #vunmap} are called with the buffer's
 * reservation lock held, the others without it. Every method that may fail throws {@link IommuException} with its errno,
 * and has changed nothing then.
 */
public interface DmaBufOps {

    /**
     * A device is about to be attached.
     *
     * @param attachment the attachment, not yet on the buffer's list
     * @throws IommuException when the device cannot use the buffer; {@code EBUSY} when the memory is where it cannot reach
     */
    default void attach(DmaBufAttachment attachment) {}

    /**
     * A device was detached.
     *
     * @param attachment the attachment, no longer on the buffer's list
     */
    default void detach(DmaBufAttachment attachment) {}

    /**
     * Maps the buffer for an attached device ({@code map_dma_buf}).
     *
     * @param attachment which device
     * @param direction which way data will go
     * @return the memory with the device's ranges
     * @throws IommuException with the exporter's errno
     */
    ScatterList map(DmaBufAttachment attachment, DmaDirection direction);

    /**
     * Undoes one {@link #map} ({@code unmap_dma_buf}).
     *
     * @param attachment which device
     * @param list what {@link #map} returned
     * @param direction as it was mapped
     */
    void unmap(DmaBufAttachment attachment, ScatterList list, DmaDirection direction);

    /** The last reference is gone: gives everything back. */
    void release();

    /**
     * The CPU is about to look at the buffer.
     *
     * @param direction which way the CPU's data will go
     * @throws IommuException with the exporter's errno
     */
    default void beginCpuAccess(DmaDirection direction) {}

    /**
     * The CPU has looked at the buffer.
     *
     * @param direction as it began
     * @throws IommuException with the exporter's errno
     */
    default void endCpuAccess(DmaDirection direction) {}

    /**
     * Whether users may map the buffer.
     *
     * @return {@code true} when {@link #mmap} is there
     */
    default boolean hasMmap() {
        return false;
    }

    /**
     * Maps pages into a user's address space.
     *
     * @param buffer the buffer these operations are of
     * @param range the pages, all of them in the buffer
     * @return the mapping, with a reference to the buffer that has the pages
     * @throws IommuException with the exporter's errno
     */
    default VmArea mmap(DmaBuf buffer, PageRange range) {
        throw new IommuException(Errno.EINVAL, "the exporter has no mmap");
    }

    /**
     * Whether the kernel may map the buffer.
     *
     * @return {@code true} when {@link #vmap} is there
     */
    default boolean hasVmap() {
        return false;
    }

    /**
     * Maps the whole buffer into the kernel's address space.
     *
     * @return the mapping
     * @throws IommuException with the exporter's errno
     */
    default CpuMapping vmap() {
        throw new IommuException(Errno.EINVAL, "the exporter has no vmap");
    }

    /**
     * Undoes {@link #vmap}.
     *
     * @param mapping what {@link #vmap} returned
     */
    default void vunmap(CpuMapping mapping) {}
}
