package io.github.iommu4j.core.vfio;

import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;

/**
 * Words of the fault regions (2019 proposal), little-endian.
 *
 * <pre>
 *  producer region, page 0     0  ABI version in use; all ones when none is
 *                              4  where the ring begins, bytes from the start of the region
 *                              8  PROD: entry the kernel writes next
 *                             12  entries of the ring
 *                             16  bytes of an entry
 *  producer region, page 1     the ring
 *  consumer region             0  ABI version wanted
 *                              4  CONS: entry the user reads next
 * </pre>
 */
final class FaultRegionLayout {

    static final BitField VERSION = bits(31, 0);
    static final BitField RING_OFFSET = bits(63, 32);

    static final BitField PRODUCER = bits(31, 0);
    static final BitField ENTRIES = bits(63, 32);

    static final BitField ENTRY_SIZE = bits(31, 0);

    static final BitField WANTED_VERSION = bits(31, 0);
    static final BitField CONSUMER = bits(63, 32);

    static final int VERSION_OFFSET = 0;
    static final int RING_OFFSET_OFFSET = 4;
    static final int PRODUCER_OFFSET = 8;
    static final int ENTRIES_OFFSET = 12;
    static final int ENTRY_SIZE_OFFSET = 16;

    static final int WANTED_VERSION_OFFSET = 0;
    static final int CONSUMER_OFFSET = 4;
    static final int CONSUMER_BYTES = 8;

    static final int NO_VERSION = -1;
    static final int PAGE_SIZE = 4096;
    static final int PRODUCER_BYTES = 2 * PAGE_SIZE;

    private FaultRegionLayout() {}
}
