package io.github.iommu4j.vtd.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;

/**
 * An entry of a second-stage table as the hardware reads it (Intel VT-d §9.8).
 *
 * <pre>
 *  63 62 61  52 51                12  11 10 9 8  7  6   5 3  2 1 0
 * +--+--+------+--------------------+---+--+-+-+--+----+---+-+-+-+
 * |ig| R|  ig  |      ADDRESS       |SNP|ig|D|A|PS|IPAT|EMT|X|W|R|
 * +--+--+------+--------------------+---+--+-+-+--+----+---+-+-+-+
 * </pre>
 *
 * <p>SNP and D are of leaves, PS of PDPTEs and PDEs. The kernel half has its own constants for these bits, so that each
 * half checks the other.
 */
public final class SecondStageEntry {

    /** The fields. */
    public static final BitField R = bit(0),
            W = bit(1),
            X = bit(2),
            EMT = bits(5, 3),
            IPAT = bit(6),
            PS = bit(7),
            A = bit(8),
            D = bit(9),
            SNP = bit(11),
            ADDRESS = bits(51, 12),
            RESERVED = bit(62);

    private SecondStageEntry() {}
}
