package io.github.iommu4j.vtd.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.BitField;

/**
 * An entry of the root table: 16 bytes for each bus (Intel VT-d §9.1, §9.2).
 *
 * <pre>
 *        63                          12 11          1  0
 *       +------------------------------+-------------+---+
 * low   | CTP / LCTP (devices 0 to 15) |      R      | P |
 * high  |  R  / UCTP (devices 16 to 31)|      R      | UP|
 *       +------------------------------+-------------+---+
 * </pre>
 *
 * <p>In legacy mode the whole upper word is reserved. Immutable.
 *
 * @param low bits 63:0
 * @param high bits 127:64
 */
public record RootEntry(long low, long high) {

    /** Bytes an entry takes. */
    public static final int SIZE = 16;

    /** The fields of either word; P is called LP or UP in scalable mode. */
    public static final BitField P = bit(0), RESERVED = bits(11, 1), CTP = bits(63, 12);

    /**
     * Where the entry of a source-id is.
     *
     * @param rootTable the root table, 4 KiB aligned
     * @param sid the source-id, 16 bits
     * @return physical byte address
     */
    public static long address(long rootTable, int sid) {
        return rootTable + (long) (sid >>> 8 & 0xFF) * SIZE;
    }

    /**
     * Reads an entry.
     *
     * @param memory where it stands
     * @param address physical byte address, 16-byte aligned
     * @return the two words, read one after the other
     * @throws io.github.iommu4j.api.memory.BusErrorException when a word is not answered
     */
    public static RootEntry readFrom(PhysicalMemory memory, long address) {
        return new RootEntry(memory.load64(address), memory.load64(address + 8));
    }

    /**
     * The word that leads to a function in scalable mode.
     *
     * @param devfn device and function, 8 bits
     * @return the lower word for devices 0 to 15, else the upper one
     */
    public long half(int devfn) {
        return (devfn & 0x80) == 0 ? low : high;
    }

    @Override
    public String toString() {
        return String.format("Root[%016x %016x]", low, high);
    }
}
