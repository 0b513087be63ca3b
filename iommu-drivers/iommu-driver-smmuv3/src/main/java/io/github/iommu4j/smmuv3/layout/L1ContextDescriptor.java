package io.github.iommu4j.smmuv3.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.BitField;

/**
 * A level-1 context descriptor: one little-endian word (IHI 0070 §5.3).
 *
 * <pre>
 *  63  56 55                              12 11    1  0
 * +------+----------------------------------+-------+---+
 * |  -   |              L2Ptr               |   -   | V |
 * +------+----------------------------------+-------+---+
 * </pre>
 *
 * <p>Immutable.
 *
 * @param raw the word
 */
public record L1ContextDescriptor(long raw) {

    /** Bytes a descriptor takes, and its alignment. */
    public static final int SIZE = 8;

    /** The fields. */
    public static final BitField V = bit(0), L2PTR = bits(55, 12);

    /**
     * Reads a descriptor.
     *
     * @param memory where it stands
     * @param address physical byte address, 8-byte aligned
     * @return the descriptor
     * @throws io.github.iommu4j.api.memory.BusErrorException when the word is not answered
     */
    public static L1ContextDescriptor readFrom(PhysicalMemory memory, long address) {
        return new L1ContextDescriptor(memory.load64(address));
    }

    /**
     * V.
     *
     * @return whether the descriptor is valid
     */
    public boolean valid() {
        return V.isSet(raw);
    }

    /**
     * Base of the leaf table, without the bits that a 64 KiB leaf takes as zero on top.
     *
     * @return physical or intermediate physical byte address, 4 KiB aligned
     */
    public long l2Ptr() {
        return L2PTR.inPlace(raw);
    }

    @Override
    public String toString() {
        return String.format("L1CD[%016x]", raw);
    }
}
