package io.github.iommu4j.armshort.layout;

import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;

/**
 * How INT_ID names the larb and the port of an access. The larb is a hardware number (and, behind a sub-common, a second
 * one) that each part maps to its larbs in its own way. Bits 1:0 are a command type of the port's own.
 */
public enum InterruptIdLayout {
    /**
     * mt2712, mt6795, mt8167, mt8173, mt8183.
     *
     * <pre>
     *  31   10 9      7 6     2 1    0
     * |       |  larb  |  port | type |
     * </pre>
     */
    PLAIN,
    /**
     * mt6779, mt8186, mt8192, the video part of mt8195.
     *
     * <pre>
     *  31   12 11      9 8          7 6     2 1    0
     * |       | common  | sub-common |  port | type |
     * </pre>
     */
    SUB_COMMON_2_BITS,
    /**
     * The other video part of mt8195.
     *
     * <pre>
     *  31   13 12     10 9          7 6     2 1    0
     * |       | common  | sub-common |  port | type |
     * </pre>
     */
    SUB_COMMON_3_BITS;

    /** The port, in every layout. */
    public static final BitField PORT = bits(6, 2);

    private static final BitField PLAIN_LARB = bits(9, 7);
    private static final BitField COMMON_2 = bits(11, 9);
    private static final BitField SUB_COMMON_2 = bits(8, 7);
    private static final BitField COMMON_3 = bits(12, 10);
    private static final BitField SUB_COMMON_3 = bits(9, 7);

    private BitField commonField() {
        return switch (this) {
            case PLAIN -> PLAIN_LARB;
            case SUB_COMMON_2_BITS -> COMMON_2;
            case SUB_COMMON_3_BITS -> COMMON_3;
        };
    }

    private BitField subCommonField() {
        return this == SUB_COMMON_2_BITS ? SUB_COMMON_2 : SUB_COMMON_3;
    }

    /**
     * Packs who made an access.
     *
     * @param common the hardware number of the larb or common, within the field
     * @param subCommon the hardware number of the sub-common, within the field; 0 in the plain layout
     * @param port the port within the larb, 0 to 31
     * @return the register's value
     * @throws IllegalArgumentException when a number does not fit
     */
    public int pack(int common, int subCommon, int port) {
        long word = commonField().of(common) | PORT.of(port);
        if (this != PLAIN) {
            return (int) (word | subCommonField().of(subCommon));
        }
        if (subCommon != 0) {
            throw new IllegalArgumentException("sub-common " + subCommon + " in the plain layout");
        }
        return (int) word;
    }

    /**
     * The larb or common of a register's value.
     *
     * @param raw the register's value
     * @return the hardware number
     */
    public int common(int raw) {
        return commonField().getInt(raw);
    }

    /**
     * The sub-common of a register's value.
     *
     * @param raw the register's value
     * @return the hardware number; 0 in the plain layout
     */
    public int subCommon(int raw) {
        return this == PLAIN ? 0 : subCommonField().getInt(raw);
    }

    /**
     * The port of a register's value.
     *
     * @param raw the register's value
     * @return the port within the larb, 0 to 31
     */
    public int port(int raw) {
        return PORT.getInt(raw);
    }
}
