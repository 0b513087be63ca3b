package io.github.iommu4j.core.fault;

import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;

/**
 * Words of {@code struct iommu_fault} (64 bytes, Linux 5.3 to 6.8), little-endian.
 *
 * <pre>
 *  word  bytes   page request              unrecoverable
 *  0     0-7     TYPE, padding             TYPE, padding
 *  1     8-15    FLAGS, PASID              REASON, FLAGS
 *  2     16-23   GROUP, PERMISSIONS        PASID, PERMISSIONS
 *  3     24-31   address                   address
 *  4     32-39   private data, first       address of what could not be fetched
 *  5     40-47   private data, second      padding
 *  6, 7  48-63   padding                   padding
 * </pre>
 */
final class FaultLayout {

    static final int WORDS = 8;

    static final BitField TYPE = bits(31, 0);
    static final BitField PADDING = bits(63, 32);

    static final BitField REQUEST_FLAGS = bits(31, 0);
    static final BitField REQUEST_PASID = bits(63, 32);

    static final BitField REQUEST_GROUP = bits(31, 0);
    static final BitField REQUEST_PERMISSIONS = bits(63, 32);

    static final BitField EVENT_REASON = bits(31, 0);
    static final BitField EVENT_FLAGS = bits(63, 32);

    static final BitField EVENT_PASID = bits(31, 0);
    static final BitField EVENT_PERMISSIONS = bits(63, 32);

    static final int ADDRESS_WORD = 3;
    static final int PRIVATE_WORD = 4;
    static final int FETCH_WORD = 4;

    static final int TYPE_UNRECOVERABLE = 1;
    static final int TYPE_PAGE_REQUEST = 2;

    static final int REQUEST_PASID_VALID = 1;
    static final int REQUEST_LAST_PAGE = 2;
    static final int REQUEST_PRIVATE_DATA = 4;
    static final int REQUEST_RESPONSE_NEEDS_PASID = 8;
    static final int REQUEST_ALL_FLAGS = 15;

    static final int EVENT_PASID_VALID = 1;
    static final int EVENT_ADDRESS_VALID = 2;
    static final int EVENT_FETCH_ADDRESS_VALID = 4;
    static final int EVENT_ALL_FLAGS = 7;

    static final int ALL_PERMISSIONS = 15;
    static final int MOST_PASID = (1 << 20) - 1;

    private FaultLayout() {}
}
