package io.github.iommu4j.armshort.layout;

import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;

/**
 * Who makes an access, as the M4U and device trees name it: a port of a larb (binding mediatek,iommu). Immutable.
 *
 * <pre>
 *  31   10 9     5 4     0
 * |       | larb  | port  |
 * </pre>
 *
 * @param larb the larb, 0 to 31
 * @param port the port within it, 0 to 31
 */
public record MasterId(int larb, int port) {

    /** The port within its larb. */
    public static final BitField PORT = bits(4, 0);
    /** The larb. */
    public static final BitField LARB = bits(9, 5);

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException when a number is not 0 to 31
     */
    public MasterId {
        if (larb >>> 5 != 0 || port >>> 5 != 0) {
            throw new IllegalArgumentException("larb " + larb + " port " + port + ": not 0 to 31 each");
        }
    }

    /**
     * The master of a device tree's number.
     *
     * @param id the number; bits above 9 are ignored
     * @return the larb and port
     */
    public static MasterId of(int id) {
        return new MasterId(LARB.getInt(id), PORT.getInt(id));
    }

    /**
     * The device tree's number, which is also the stream id of the master's accesses.
     *
     * @return 0 to 1023
     */
    public int id() {
        return (int) (LARB.of(larb) | PORT.of(port));
    }
}
