package io.github.iommu4j.core.dmabuf;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.api.lock.RefCount;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A buffer that devices share (Linux {@code struct dma_buf}). It lives as long as somebody holds a reference; using it
 * afterwards is a broken model.
 *
 * <p><b>Thread-safety:</b> every method may be called from any thread. Methods named {@code …Locked} want the reservation
 * lock, the others must be called without it. A re-exported buffer's lock is taken before its parent's.
 */
public final class DmaBuf {

    private static final LockClass RESERVATION = new LockClass("reservation_ww_class_mutex");

    private final DmaBufs owner;
    private final ExportInfo info;
    private final int depth;
    private final RefCount references;
    private final Mutex reservation;

    // Guarded by the reservation lock.
    private final List<DmaBufAttachment> attachments = new ArrayList<>();
    private int kernelMappings;
    private @Nullable CpuMapping kernelMapping;

    DmaBuf(DmaBufs owner, ExportInfo info, int depth) {
        this.owner = owner;
        this.info = info;
        this.depth = depth;
        this.references = owner.locking().refCount("DMA-BUF of " + info.exporter());
        this.reservation = owner.locking().mutex(RESERVATION);
    }

    /**
     * Who exports it.
     *
     * @return the exporter's name
     */
    public String exporter() {
        return info.exporter();
    }

    /**
     * How large it is.
     *
     * @return bytes
     */
    public long size() {
        return info.size();
    }

    /**
     * How many references there are: file descriptors, users' mappings, drivers.
     *
     * @return 0 once it is released
     */
    public int references() {
        return references.value();
    }

    /**
     * How often the memory was exported once more: the lock subclass of an exporter that takes its own lock before its
     * parent's.
     *
     * @return 0 for a buffer with memory of its own, at most 7
     */
    public int depth() {
        return depth;
    }

    DmaBufOps ops() {
        return info.ops();
    }

    DmaBufs owner() {
        return owner;
    }

    /** Takes a reference ({@code get_dma_buf}). */
    public void get() {
        references.get();
    }

    /** Drops a reference ({@code dma_buf_put}); the last one releases the buffer. */
    public void put() {
        if (!references.put()) {
            return;
        }
        owner.remove(this);
        DmaBufCensus left = census();
        info.ops().release();
        owner.log().warnOn(left.attachments() != 0, this + " was released with " + left.attachments() + " attachments");
        owner.log().warnOn(left.kernelMappings() != 0, this + " was released while the kernel had it mapped");
    }

    /** Takes the reservation lock ({@code dma_resv_lock}), for the methods that want it. */
    public void lock() {
        reservation.lockNested(depth);
    }

    /** Gives the reservation lock up. */
    public void unlock() {
        reservation.unlock();
    }

    void assertLocked() {
        reservation.assertHeld();
    }

    private void requireAlive() {
        if (references.value() == 0) {
            throw new AssertionError(this + " is used after its release");
        }
    }

    /**
     * Attaches a device ({@code dma_buf_attach}).
     *
     * @param device the device that will use the buffer
     * @return the attachment
     * @throws IommuException with the exporter's errno when it refuses
     */
    public DmaBufAttachment attach(Device device) {
        requireAlive();
        reservation.assertNotHeld();
        DmaBufAttachment attachment = new DmaBufAttachment(this, device);
        info.ops().attach(attachment);
        lock();
        try {
            attachments.add(attachment);
        } finally {
            unlock();
        }
        return attachment;
    }

    /** Takes an attachment off the list: {@code false} when it is not there. */
    boolean removeLocked(DmaBufAttachment attachment) {
        assertLocked();
        return attachments.remove(attachment);
    }

    /**
     * Lets the CPU look at the buffer ({@code dma_buf_begin_cpu_access}).
     *
     * @param direction which way the CPU's data will go
     * @throws IommuException with the exporter's errno
     */
    public void beginCpuAccess(DmaDirection direction) {
        requireAlive();
        reservation.assertNotHeld();
        info.ops().beginCpuAccess(direction);
    }

    /**
     * Ends what {@link #beginCpuAccess} began ({@code dma_buf_end_cpu_access}).
     *
     * @param direction as it began
     * @throws IommuException with the exporter's errno
     */
    public void endCpuAccess(DmaDirection direction) {
        requireAlive();
        reservation.assertNotHeld();
        info.ops().endCpuAccess(direction);
    }

    /**
     * Maps pages into a user's address space ({@code dma_buf_mmap}).
     *
     * @param range which pages
     * @return the mapping
     * @throws IommuException {@code EINVAL} when the exporter has no mmap or the range leaves the buffer, {@code
     *     EOVERFLOW} when its end is beyond 2<sup>64</sup>, else with the exporter's errno
     */
    public VmArea mmap(PageRange range) {
        requireAlive();
        reservation.assertNotHeld();
        long end = range.first() + range.count();
        if (!info.ops().hasMmap()) {
            throw new IommuException(Errno.EINVAL, this + " has no mmap");
        }
        if (Long.compareUnsigned(end, range.first()) < 0) {
            throw new IommuException(Errno.EOVERFLOW, range + " ends beyond 2^64");
        }
        if (Long.compareUnsigned(end, info.size() >>> owner.pageLg2()) > 0) {
            throw new IommuException(Errno.EINVAL, range + " is not in " + this);
        }
        return info.ops().mmap(this, range);
    }

    /**
     * Maps the buffer into the kernel's address space ({@code dma_buf_vmap_unlocked}).
     *
     * @return the mapping: the same for everybody who has it mapped
     * @throws IommuException as {@link #vmapLocked}
     */
    public CpuMapping vmap() {
        lock();
        try {
            return vmapLocked();
        } finally {
            unlock();
        }
    }

    /**
     * Maps the buffer into the kernel's address space ({@code dma_buf_vmap}), with the reservation lock held. Only the
     * first of several asks the exporter.
     *
     * @return the mapping
     * @throws IommuException {@code EINVAL} when the exporter has no vmap, else with the exporter's errno, which is also a
     *     warning
     */
    public CpuMapping vmapLocked() {
        requireAlive();
        assertLocked();
        if (!info.ops().hasVmap()) {
            throw new IommuException(Errno.EINVAL, this + " has no vmap");
        }
        CpuMapping mapping = kernelMapping;
        if (mapping == null) {
            mapping = firstVmapLocked();
            kernelMapping = mapping;
        }
        kernelMappings++;
        return mapping;
    }

    private CpuMapping firstVmapLocked() {
        try {
            return info.ops().vmap();
        } catch (IommuException refusal) {
            owner.log().warnOn(true, "vmap of " + this + " failed: " + refusal.getMessage());
            throw refusal;
        }
    }

    /**
     * Undoes one {@link #vmap} ({@code dma_buf_vunmap_unlocked}).
     *
     * @param mapping what it returned
     */
    public void vunmap(CpuMapping mapping) {
        lock();
        try {
            vunmapLocked(mapping);
        } finally {
            unlock();
        }
    }

    /**
     * Undoes one {@link #vmapLocked} ({@code dma_buf_vunmap}), with the reservation lock held.
     *
     * @param mapping what it returned
     * @throws AssertionError when the buffer is not mapped there (the kernel's {@code BUG_ON})
     */
    public void vunmapLocked(CpuMapping mapping) {
        assertLocked();
        if (kernelMapping != mapping) {
            throw new AssertionError(this + " is not mapped there");
        }
        kernelMappings--;
        if (kernelMappings == 0) {
            kernelMapping = null;
            info.ops().vunmap(mapping);
        }
    }

    /**
     * Counts what is in use of this buffer.
     *
     * @return one buffer, its attachments and mappings
     */
    public DmaBufCensus census() {
        lock();
        try {
            int mappings = attachments.stream()
                    .mapToInt(DmaBufAttachment::mappingsLocked)
                    .sum();
            return new DmaBufCensus(1, attachments.size(), mappings, kernelMappings);
        } finally {
            unlock();
        }
    }

    @Override
    public String toString() {
        return "DMA-BUF of " + info.exporter() + ", 0x" + Long.toHexString(info.size()) + " bytes";
    }
}
