package io.github.iommu4j.vtd.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;

/**
 * An entry of a first-stage table as the hardware reads it (Intel VT-d §9.7).
 *
 * <pre>
 *  63 62  52 51              12 11 10  9 8  7  6 5  4   3   2   1  0
 * +--+------+------------------+--+--+----+--+-+-+---+---+---+---+-+
 * |XD|  ig  |     ADDRESS      |ig|EA| ig |PS|D|A|PCD|PWT|U/S|R/W|P|
 * +--+------+------------------+--+--+----+--+-+-+---+---+---+---+-+
 * </pre>
 *
 * <p>Bit 7 is PAT in a PTE; bit 12 is PAT in larger leaves; D is of leaves. The kernel half has its own constants for
 * these bits, so that each half checks the other.
 */
public final class FirstStageEntry {

    /** The fields. */
    public static final BitField P = bit(0),
            RW = bit(1),
            US = bit(2),
            PWT = bit(3),
            PCD = bit(4),
            A = bit(5),
            D = bit(6),
            PS = bit(7),
            EA = bit(10),
            ADDRESS = bits(51, 12),
            XD = bit(63);

    private FirstStageEntry() {}
}
