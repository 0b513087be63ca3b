package io.github.iommu4j.smmuv3.layout;

import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.BitField;

/**
 * A level-1 stream table descriptor: one little-endian word (IHI 0070 §5.1).
 *
 * <pre>
 *  63  56 55                               6  5  4    0
 * +------+----------------------------------+---+------+
 * |  -   |              L2Ptr               | - | Span |
 * +------+----------------------------------+---+------+
 * </pre>
 *
 * <p>Immutable.
 *
 * @param raw the word
 */
public record L1StreamTableDescriptor(long raw) {

    /** Bytes a descriptor takes, and its alignment. */
    public static final int SIZE = 8;

    /** The fields. */
    public static final BitField SPAN = bits(4, 0), L2PTR = bits(55, 6);

    private static final int LARGEST_SPAN = 11;

    /**
     * Reads a descriptor.
     *
     * @param memory where it stands
     * @param address physical byte address, 8-byte aligned
     * @return the descriptor
     * @throws io.github.iommu4j.api.memory.BusErrorException when the word is not answered
     */
    public static L1StreamTableDescriptor readFrom(PhysicalMemory memory, long address) {
        return new L1StreamTableDescriptor(memory.load64(address));
    }

    /**
     * Span as it acts: the level-2 array holds 2<sup>Span-1</sup> entries.
     *
     * @return 1 to 11, or 0 when the descriptor is invalid (Span 0 or reserved)
     */
    public int span() {
        int span = SPAN.getInt(raw);
        return span > LARGEST_SPAN ? 0 : span;
    }

    /**
     * Base of the level-2 array. The low bits that the array's size makes zero are taken as zero.
     *
     * @return physical byte address
     */
    public long l2Ptr() {
        return L2PTR.inPlace(raw) & -1L << 5 + span();
    }

    @Override
    public String toString() {
        return String.format("L1STD[%016x]", raw);
    }
}
