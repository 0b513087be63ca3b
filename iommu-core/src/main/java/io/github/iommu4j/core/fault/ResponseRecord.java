package io.github.iommu4j.core.fault;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.fault.PageResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * An answer as user space writes it: the 24 bytes of {@code struct iommu_page_response} (Linux 5.3 to 6.8). Immutable; any
 * value of any field can be held, and is judged when the answer is given.
 *
 * @param argsz bytes of the structure, which the core does not look at
 * @param version 1
 * @param flags bit 0: the PASID is valid
 * @param pasid the PASID, 20 bits
 * @param groupId which group is answered
 * @param code 0 success, 1 invalid, 2 failure
 */
public record ResponseRecord(int argsz, int version, int flags, int pasid, int groupId, int code) {

    /** Bytes of a record. */
    public static final int BYTES = 24;
    /** The version there is. */
    public static final int VERSION_1 = 1;
    /** The flag there is: the PASID is valid. */
    public static final int PASID_VALID = 1;

    private static final int WORDS = 3;

    /**
     * Writes an answer down.
     *
     * @param response the answer
     * @return a record of version 1
     */
    public static ResponseRecord of(PageResponse response) {
        return new ResponseRecord(
                BYTES,
                VERSION_1,
                response.hasPasid() ? PASID_VALID : 0,
                response.hasPasid() ? response.pasid() : 0,
                response.groupId(),
                response.code().ordinal());
    }

    /**
     * Reads a record.
     *
     * @param bytes 24 bytes
     * @return what they say, right or wrong
     * @throws IommuException {@code EINVAL} for another number of bytes
     */
    public static ResponseRecord fromBytes(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IommuException(Errno.EINVAL, "an answer of " + bytes.length + " bytes");
        }
        long[] words = new long[WORDS];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(words);
        return new ResponseRecord(
                ResponseLayout.ARGSZ.getInt(words[0]),
                ResponseLayout.VERSION.getInt(words[0]),
                ResponseLayout.FLAGS.getInt(words[1]),
                ResponseLayout.PASID.getInt(words[1]),
                ResponseLayout.GROUP.getInt(words[2]),
                ResponseLayout.CODE.getInt(words[2]));
    }

    /**
     * Writes the record down.
     *
     * @return 24 bytes
     */
    public byte[] toBytes() {
        ByteBuffer buffer = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(argsz)
                .putInt(version)
                .putInt(flags)
                .putInt(pasid)
                .putInt(groupId)
                .putInt(code);
        return buffer.array();
    }

    /** Whether the PASID is valid. */
    boolean hasPasid() {
        return (flags & PASID_VALID) != 0;
    }

    /**
     * What the record says.
     *
     * @return the answer
     * @throws IommuException {@code EINVAL} for another version, an unknown flag or code
     */
    public PageResponse decode() {
        if (version != VERSION_1 || (flags & ~PASID_VALID) != 0) {
            throw new IommuException(Errno.EINVAL, "an answer of version " + version + " with flags " + flags);
        }
        PageResponse.Code[] codes = PageResponse.Code.values();
        if (Integer.compareUnsigned(code, codes.length) >= 0) {
            throw new IommuException(Errno.EINVAL, "an answer with code " + Integer.toUnsignedString(code));
        }
        return new PageResponse(hasPasid() ? pasid : TranslationUnit.NO_SUBSTREAM, groupId, codes[code]);
    }
}
