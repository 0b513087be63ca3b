package io.github.iommu4j.vtd.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.BitField;

/**
 * An entry of the PASID directory: 8 bytes for 64 PASIDs (Intel VT-d §9.5).
 *
 * <pre>
 *  63                           12 11         2   1   0
 * +-------------------------------+------------+---+---+
 * |          SMPTBLPTR            |     R      |FPD| P |
 * +-------------------------------+------------+---+---+
 * </pre>
 *
 * <p>Immutable.
 *
 * @param raw the word
 */
public record PasidDirectoryEntry(long raw) {

    /** Bytes an entry takes. */
    public static final int SIZE = 8;

    /** The fields. */
    public static final BitField P = bit(0), FPD = bit(1), RESERVED = bits(11, 2), SMPTBLPTR = bits(63, 12);

    /**
     * Where the entry of a PASID is.
     *
     * @param directory the PASID directory, 4 KiB aligned
     * @param pasid the PASID, 20 bits
     * @return physical byte address
     */
    public static long address(long directory, int pasid) {
        return directory + (long) (pasid >>> 6) * SIZE;
    }

    /**
     * Reads an entry.
     *
     * @param memory where it stands
     * @param address physical byte address, 8-byte aligned
     * @return the entry
     * @throws io.github.iommu4j.api.memory.BusErrorException when the word is not answered
     */
    public static PasidDirectoryEntry readFrom(PhysicalMemory memory, long address) {
        return new PasidDirectoryEntry(memory.load64(address));
    }

    @Override
    public String toString() {
        return String.format("PasidDirectory[%016x]", raw);
    }
}
