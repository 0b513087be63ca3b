package io.github.iommu4j.core.iommufd;

import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A page request as a process reads it: the 40 bytes of {@code struct iommu_hwpt_pgfault}, little-endian. Immutable.
 *
 * @param flags bits {@link #PASID_VALID}, {@link #LAST_PAGE}
 * @param deviceId the device's number in iommufd
 * @param pasid the PASID, 0 when not valid
 * @param groupId the group of requests
 * @param permissions bits of {@link io.github.iommu4j.api.fault.FaultEvent}
 * @param address the page
 * @param cookie names the group in the answer
 */
public record PageFaultRecord(
        int flags, int deviceId, int pasid, int groupId, int permissions, long address, int cookie) {

    /** Bytes of a record. */
    public static final int BYTES = 40;
    /** The PASID is valid. */
    public static final int PASID_VALID = 1;
    /** The last request of its group. */
    public static final int LAST_PAGE = 2;

    static PageFaultRecord of(PageRequest request, int deviceId, int cookie) {
        int flags = (request.hasPasid() ? PASID_VALID : 0) | (request.isLast() ? LAST_PAGE : 0);
        return new PageFaultRecord(
                flags,
                deviceId,
                request.hasPasid() ? request.pasid() : 0,
                request.groupId(),
                request.permissions(),
                request.address(),
                cookie);
    }

    /** The record's bytes: flags, device, pasid, group, permissions, 4 unused, address, 4 unused (length), cookie. */
    byte[] toBytes() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(flags).putInt(deviceId).putInt(pasid).putInt(groupId);
        bytes.putInt(permissions).putInt(0).putLong(address).putInt(0).putInt(cookie);
        return bytes.array();
    }

    /**
     * Reads a record.
     *
     * @param bytes at least 40 bytes from the position
     * @param position where the record begins
     * @return the record
     */
    public static PageFaultRecord fromBytes(byte[] bytes, int position) {
        ByteBuffer from = ByteBuffer.wrap(bytes, position, BYTES).slice().order(ByteOrder.LITTLE_ENDIAN);
        return new PageFaultRecord(
                from.getInt(0),
                from.getInt(4),
                from.getInt(8),
                from.getInt(12),
                from.getInt(16),
                from.getLong(24),
                from.getInt(36));
    }
}
