package io.github.iommu4j.tipat.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.core.dmabuf.CpuMapping;
import io.github.iommu4j.core.dmabuf.DmaBuf;
import io.github.iommu4j.core.dmabuf.DmaBufAttachment;
import io.github.iommu4j.core.dmabuf.DmaBufOps;
import io.github.iommu4j.core.dmabuf.DmaDirection;
import io.github.iommu4j.core.dmabuf.PageRange;
import io.github.iommu4j.core.dmabuf.ScatterList;
import io.github.iommu4j.core.dmabuf.VmArea;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A buffer exported once more (the driver's {@code struct ti_pat_buffer}). The PAT's own device is attached to the parent
 * while any device is attached, and has it mapped, with the entries programmed, while any device has it mapped.
 *
 * <p>Locks: this buffer's reservation lock is held in map and unmap; then the mutex; then the parent's reservation lock.
 */
final class PatBuffer implements DmaBufOps {

    /** The kernel's name with its module: other exporters have a lock of this name too. */
    private static final LockClass BUFFER_LOCK = new LockClass("&buffer->lock (ti_pat)");

    private final TiPat pat;
    private final DmaBuf parent;
    private final WindowSlot slot;
    private final Mutex mutex;

    // Guarded by the mutex.
    /** How often each attached device has the buffer mapped. */
    private final Map<DmaBufAttachment, Integer> attachments = new HashMap<>();

    private @Nullable DmaBufAttachment parentAttachment;
    private @Nullable ScatterList parentList;
    private int mapCount;

    PatBuffer(TiPat pat, DmaBuf parent, long address) {
        this.pat = pat;
        this.parent = parent;
        this.slot = new WindowSlot(pat, address, parent.size());
        this.mutex = pat.dmaBufs().locking().mutex(BUFFER_LOCK);
    }

    /** A buffer over a buffer over a buffer takes the outermost mutex first. */
    private void lock() {
        mutex.lockNested(parent.depth());
    }

    @Override
    public void attach(DmaBufAttachment attachment) {
        lock();
        try {
            if (attachments.isEmpty()) {
                parentAttachment = parent.attach(pat.device());
            }
            attachments.put(attachment, 0);
        } finally {
            mutex.unlock();
        }
    }

    @Override
    public void detach(DmaBufAttachment attachment) {
        lock();
        try {
            int left = attachments.getOrDefault(attachment, 0);
            attachments.remove(attachment);
            for (int i = 0; i < left; i++) {
                uncountLocked();
            }
            if (attachments.isEmpty()) {
                parentAttachment().detach();
                parentAttachment = null;
            }
        } finally {
            mutex.unlock();
        }
    }

    private DmaBufAttachment parentAttachment() {
        DmaBufAttachment attached = parentAttachment;
        if (attached == null) {
            throw new AssertionError(pat + " is not attached to " + parent);
        }
        return attached;
    }

    @Override
    public ScatterList map(DmaBufAttachment attachment, DmaDirection direction) {
        if (!pat.isPresent()) {
            throw new IommuException(Errno.ENODEV, pat + " is gone");
        }
        lock();
        if (mapCount == 0) {
            mapParentLocked();
        }
        try {
            if (mapCount == 0) {
                programLocked();
            }
            mapCount++;
            attachments.merge(attachment, 1, Integer::sum);
        } finally {
            mutex.unlock();
        }
        return mapWindow(attachment, direction);
    }

    /** Leaves without the mutex when the parent refuses. */
    private void mapParentLocked() {
        mutex.assertHeld();
        try {
            parentList = parentAttachment().map(DmaDirection.BIDIRECTIONAL);
        } catch (IommuException refusal) {
            if (!pat.has(TiPatErratum.PARENT_FAILURE_KEEPS_LOCK)) {
                mutex.unlock();
            }
            throw refusal;
        }
    }

    private void programLocked() {
        mutex.assertHeld();
        ScatterList list = parentList();
        try {
            slot.program(list);
        } catch (IommuException refusal) {
            if (!pat.has(TiPatErratum.REJECTED_SEGMENT_KEEPS_ENTRIES)) {
                slot.clear();
                parentList = null;
            }
            parentAttachment().unmap(list, DmaDirection.BIDIRECTIONAL);
            throw refusal;
        }
    }

    private ScatterList parentList() {
        ScatterList list = parentList;
        if (list == null) {
            throw new AssertionError(parent + " is not mapped");
        }
        return list;
    }

    /** The device's mapping has one errno only: the kernel's call returns no more than that it failed. */
    private ScatterList mapWindow(DmaBufAttachment attachment, DmaDirection direction) {
        try {
            return pat.mapper().map(attachment.device(), slot.asOneSegment(), direction);
        } catch (IommuException refusal) {
            lock();
            try {
                attachments.merge(attachment, -1, Integer::sum);
                if (!pat.has(TiPatErratum.DEVICE_FAILURE_KEEPS_COUNT)) {
                    uncountLocked();
                }
            } finally {
                mutex.unlock();
            }
            throw new IommuException(Errno.ENOMEM, "the window is not mapped: " + refusal.getMessage());
        }
    }

    @Override
    public void unmap(DmaBufAttachment attachment, ScatterList list, DmaDirection direction) {
        pat.mapper().unmap(attachment.device(), list, direction);
        lock();
        try {
            attachments.merge(attachment, -1, Integer::sum);
            uncountLocked();
        } finally {
            mutex.unlock();
        }
    }

    /** The last mapping takes the entries and the parent's mapping with it. */
    private void uncountLocked() {
        mutex.assertHeld();
        mapCount--;
        if (mapCount == 0) {
            unmapParent();
        }
    }

    private void unmapParent() {
        slot.clear();
        parentAttachment().unmap(parentList(), DmaDirection.BIDIRECTIONAL);
        parentList = null;
    }

    /** Nobody else has the buffer any more, so there is nothing to lock; devices that never detached are forgotten. */
    @Override
    public void release() {
        if (parentAttachment != null && parentList != null) {
            unmapParent();
        }
        if (parentAttachment != null) {
            parentAttachment.detach();
        }
        parent.put();
        slot.release();
    }

    @Override
    public void beginCpuAccess(DmaDirection direction) {
        parent.beginCpuAccess(direction);
    }

    @Override
    public void endCpuAccess(DmaDirection direction) {
        parent.endCpuAccess(direction);
    }

    @Override
    public boolean hasMmap() {
        return true;
    }

    @Override
    public VmArea mmap(DmaBuf buffer, PageRange range) {
        return parent.mmap(range);
    }

    @Override
    public boolean hasVmap() {
        return true;
    }

    @Override
    public CpuMapping vmap() {
        return parent.vmap();
    }

    @Override
    public void vunmap(CpuMapping mapping) {
        parent.vunmap(mapping);
    }
}
