package io.github.iommu4j.core.dmabuf;

import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;

/**
 * One device's use of one buffer (Linux {@code struct dma_buf_attachment}). Compared by identity.
 *
 * <p><b>Thread-safety:</b> as {@link DmaBuf}.
 */
public final class DmaBufAttachment {

    private final DmaBuf buffer;
    private final Device device;
    // Guarded by the buffer's reservation lock.
    private int mappings;
    private boolean detached;

    DmaBufAttachment(DmaBuf buffer, Device device) {
        this.buffer = buffer;
        this.device = device;
    }

    /**
     * The buffer.
     *
     * @return what is attached to
     */
    public DmaBuf buffer() {
        return buffer;
    }

    /**
     * The device.
     *
     * @return who is attached
     */
    public Device device() {
        return device;
    }

    int mappingsLocked() {
        buffer.assertLocked();
        return mappings;
    }

    private void requireAttachedLocked() {
        buffer.assertLocked();
        if (detached) {
            throw new AssertionError(this + " is used after it was detached");
        }
    }

    /**
     * Maps the buffer for the device ({@code dma_buf_map_attachment_unlocked}).
     *
     * @param direction which way data will go
     * @return the memory with the device's ranges
     * @throws IommuException with the exporter's errno
     */
    public ScatterList map(DmaDirection direction) {
        buffer.lock();
        try {
            return mapLocked(direction);
        } finally {
            buffer.unlock();
        }
    }

    /**
     * Maps the buffer for the device ({@code dma_buf_map_attachment}), with the reservation lock held.
     *
     * @param direction which way data will go
     * @return the memory with the device's ranges
     * @throws IommuException with the exporter's errno
     * @throws AssertionError when the exporter returns a list that is not mapped, or the device was detached
     */
    public ScatterList mapLocked(DmaDirection direction) {
        requireAttachedLocked();
        ScatterList list = buffer.ops().map(this, direction);
        if (!list.isMapped()) {
            throw new AssertionError(buffer.exporter() + " mapped " + list + " without ranges for " + device.name());
        }
        mappings++;
        return list;
    }

    /**
     * Undoes one {@link #map} ({@code dma_buf_unmap_attachment_unlocked}).
     *
     * @param list what it returned
     * @param direction as it was mapped
     */
    public void unmap(ScatterList list, DmaDirection direction) {
        buffer.lock();
        try {
            unmapLocked(list, direction);
        } finally {
            buffer.unlock();
        }
    }

    /**
     * Undoes one {@link #mapLocked} ({@code dma_buf_unmap_attachment}), with the reservation lock held. Unmapping what is
     * not mapped is a warning, and nothing happens.
     *
     * @param list what it returned
     * @param direction as it was mapped
     * @throws AssertionError when the device was detached
     */
    public void unmapLocked(ScatterList list, DmaDirection direction) {
        requireAttachedLocked();
        if (buffer.owner().log().warnOn(mappings == 0, this + " is unmapped and was not mapped")) {
            return;
        }
        mappings--;
        buffer.ops().unmap(this, list, direction);
    }

    /**
     * Detaches the device ({@code dma_buf_detach}). Detaching twice is a warning, and nothing happens; so is detaching
     * what is still mapped, but it is detached.
     */
    public void detach() {
        buffer.lock();
        boolean wasThere;
        int left;
        try {
            wasThere = buffer.removeLocked(this);
            left = mappings;
            detached = true;
        } finally {
            buffer.unlock();
        }
        if (buffer.owner().log().warnOn(!wasThere, this + " was detached twice")) {
            return;
        }
        buffer.ops().detach(this);
        buffer.owner().log().warnOn(left != 0, this + " was detached while mapped " + left + " times");
    }

    @Override
    public String toString() {
        return device.name() + " on " + buffer;
    }
}
