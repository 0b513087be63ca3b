package io.github.iommu4j.core.fault;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.fault.FaultEvent;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.FaultEvent.Unrecoverable;
import io.github.iommu4j.api.fault.FaultReason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A fault as user space sees it: the 64 bytes of {@code struct iommu_fault} (2019 proposal, Linux 5.3 to 6.8), as eight
 * little-endian words.
 */
public final class FaultRecord {

    /** Bytes of a record. */
    public static final int BYTES = 64;
    /** 64-bit words of a record. */
    public static final int WORDS = FaultLayout.WORDS;

    private FaultRecord() {}

    /**
     * Writes a fault down.
     *
     * @param event the fault
     * @return eight words
     * @throws IommuException {@code EINVAL} for a PASID beyond 20 bits, or permissions that are none
     */
    public static long[] encode(FaultEvent event) {
        checkPasid(event.pasid() != TranslationUnit.NO_SUBSTREAM, event.pasid());
        checkPermissions(event.permissions());
        return switch (event.kind()) {
            case UNRECOVERABLE -> encode((Unrecoverable) event);
            case PAGE_REQUEST -> encode((PageRequest) event);
        };
    }

    private static long[] encode(Unrecoverable event) {
        boolean pasid = event.pasid() != TranslationUnit.NO_SUBSTREAM;
        int flags = FaultLayout.EVENT_ADDRESS_VALID
                | (pasid ? FaultLayout.EVENT_PASID_VALID : 0)
                | (event.fetchAddress() != 0 ? FaultLayout.EVENT_FETCH_ADDRESS_VALID : 0);
        long[] words = new long[WORDS];
        words[0] = FaultLayout.TYPE.of(FaultLayout.TYPE_UNRECOVERABLE);
        words[1] = FaultLayout.EVENT_REASON.of(event.reason().ordinal()) | FaultLayout.EVENT_FLAGS.of(flags);
        words[2] = FaultLayout.EVENT_PASID.of(pasid ? event.pasid() : 0)
                | FaultLayout.EVENT_PERMISSIONS.of(event.permissions());
        words[FaultLayout.ADDRESS_WORD] = event.address();
        words[FaultLayout.FETCH_WORD] = event.fetchAddress();
        return words;
    }

    private static long[] encode(PageRequest request) {
        List<Long> data = request.traits().privateData();
        int flags = (request.hasPasid() ? FaultLayout.REQUEST_PASID_VALID : 0)
                | (request.isLast() ? FaultLayout.REQUEST_LAST_PAGE : 0)
                | (data.isEmpty() ? 0 : FaultLayout.REQUEST_PRIVATE_DATA)
                | (request.traits().responseNeedsPasid() ? FaultLayout.REQUEST_RESPONSE_NEEDS_PASID : 0);
        long[] words = new long[WORDS];
        words[0] = FaultLayout.TYPE.of(FaultLayout.TYPE_PAGE_REQUEST);
        words[1] = FaultLayout.REQUEST_FLAGS.of(flags)
                | FaultLayout.REQUEST_PASID.of(request.hasPasid() ? request.pasid() : 0);
        words[2] = FaultLayout.REQUEST_GROUP.of(Integer.toUnsignedLong(request.groupId()))
                | FaultLayout.REQUEST_PERMISSIONS.of(request.permissions());
        words[FaultLayout.ADDRESS_WORD] = request.address();
        for (int i = 0; i < data.size(); i++) {
            words[FaultLayout.PRIVATE_WORD + i] = data.get(i);
        }
        return words;
    }

    /**
     * Reads a fault. Fields whose flag says they are not valid are not looked at.
     *
     * @param words eight words
     * @return the fault
     * @throws IommuException {@code EINVAL} for another number of words, an unknown type, reason, flag or permission, a PASID
     *     beyond 20 bits, an answer that needs the PASID of a request without one, or padding that is not 0
     */
    public static FaultEvent decode(long[] words) {
        if (words.length != WORDS) {
            throw invalid("a fault of " + words.length + " words");
        }
        if (FaultLayout.PADDING.get(words[0]) != 0 || (words[6] | words[7]) != 0) {
            throw invalid("padding of a fault that is not 0");
        }
        int type = FaultLayout.TYPE.getInt(words[0]);
        return switch (type) {
            case FaultLayout.TYPE_UNRECOVERABLE -> decodeUnrecoverable(words);
            case FaultLayout.TYPE_PAGE_REQUEST -> decodePageRequest(words);
            default -> throw invalid("a fault of type " + Integer.toUnsignedString(type));
        };
    }

    /**
     * Reads a fault from bytes.
     *
     * @param bytes 64 bytes
     * @return the fault
     * @throws IommuException {@code EINVAL} for another number of bytes, else as {@link #decode(long[])}
     */
    public static FaultEvent decode(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw invalid("a fault of " + bytes.length + " bytes");
        }
        long[] words = new long[WORDS];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(words);
        return decode(words);
    }

    private static FaultEvent decodeUnrecoverable(long[] words) {
        int flags = FaultLayout.EVENT_FLAGS.getInt(words[1]);
        checkFlags(flags, FaultLayout.EVENT_ALL_FLAGS);
        int reason = FaultLayout.EVENT_REASON.getInt(words[1]);
        FaultReason[] reasons = FaultReason.values();
        if (Integer.compareUnsigned(reason, reasons.length) >= 0) {
            throw invalid("a fault for reason " + Integer.toUnsignedString(reason));
        }
        if (words[5] != 0) {
            throw invalid("padding of a fault that is not 0");
        }
        boolean address = (flags & FaultLayout.EVENT_ADDRESS_VALID) != 0;
        boolean fetch = (flags & FaultLayout.EVENT_FETCH_ADDRESS_VALID) != 0;
        return new Unrecoverable(
                reasons[reason],
                checkPermissions(FaultLayout.EVENT_PERMISSIONS.getInt(words[2])),
                checkPasid((flags & FaultLayout.EVENT_PASID_VALID) != 0, FaultLayout.EVENT_PASID.getInt(words[2])),
                address ? words[FaultLayout.ADDRESS_WORD] : 0,
                fetch ? words[FaultLayout.FETCH_WORD] : 0);
    }

    private static FaultEvent decodePageRequest(long[] words) {
        int flags = FaultLayout.REQUEST_FLAGS.getInt(words[1]);
        checkFlags(flags, FaultLayout.REQUEST_ALL_FLAGS);
        boolean pasid = (flags & FaultLayout.REQUEST_PASID_VALID) != 0;
        boolean needsPasid = (flags & FaultLayout.REQUEST_RESPONSE_NEEDS_PASID) != 0;
        if (needsPasid && !pasid) {
            throw invalid("an answer that needs the PASID of a request without one");
        }
        boolean data = (flags & FaultLayout.REQUEST_PRIVATE_DATA) != 0;
        return new PageRequest(
                checkPasid(pasid, FaultLayout.REQUEST_PASID.getInt(words[1])),
                FaultLayout.REQUEST_GROUP.getInt(words[2]),
                checkPermissions(FaultLayout.REQUEST_PERMISSIONS.getInt(words[2])),
                words[FaultLayout.ADDRESS_WORD],
                new FaultEvent.Traits(
                        (flags & FaultLayout.REQUEST_LAST_PAGE) != 0,
                        needsPasid,
                        data
                                ? List.of(words[FaultLayout.PRIVATE_WORD], words[FaultLayout.PRIVATE_WORD + 1])
                                : List.of()));
    }

    private static void checkFlags(int flags, int known) {
        if ((flags & ~known) != 0) {
            throw invalid("unknown flags of a fault: 0x" + Integer.toHexString(flags));
        }
    }

    private static int checkPermissions(int permissions) {
        if ((permissions & ~FaultLayout.ALL_PERMISSIONS) != 0) {
            throw invalid("permissions 0x" + Integer.toHexString(permissions));
        }
        return permissions;
    }

    private static int checkPasid(boolean valid, int pasid) {
        if (!valid) {
            return TranslationUnit.NO_SUBSTREAM;
        }
        if (Integer.compareUnsigned(pasid, FaultLayout.MOST_PASID) > 0) {
            throw invalid("PASID 0x" + Integer.toHexString(pasid) + " has more than 20 bits");
        }
        return pasid;
    }

    private static IommuException invalid(String what) {
        return new IommuException(Errno.EINVAL, what);
    }
}
