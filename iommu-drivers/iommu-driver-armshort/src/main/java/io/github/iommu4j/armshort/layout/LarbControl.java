package io.github.iommu4j.armshort.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;

/** Where a larb's registers say which of its ports go through the M4U. */
public enum LarbControl {
    /** One word with a bit for each port: mt8173. */
    WORD_AT_F00(0xF00, 0),
    /** One word with a bit for each port: mt8167. */
    WORD_AT_FC0(0xFC0, 0),
    /** A word for each port, with {@link #ENABLE} and {@link #BANK}: mt2712, mt8183 and newer. */
    WORD_FOR_EACH_PORT(0x380, 4);

    /** {@link #WORD_FOR_EACH_PORT}: the port goes through the M4U. */
    public static final BitField ENABLE = bit(0);
    /** {@link #WORD_FOR_EACH_PORT}: bits 33:32 of the port's addresses, four times the same two bits. */
    public static final BitField BANK = bits(15, 8);

    /** Bytes of a larb's window. */
    public static final long WINDOW = 0x1000;

    private static final int FOUR_COPIES = 0b01_01_01_01;
    private static final int ONE_COPY = 3;

    private final int offset;
    private final int stride;

    LarbControl(int offset, int stride) {
        this.offset = offset;
        this.stride = stride;
    }

    /**
     * Where the word of a port stands.
     *
     * @param port 0 to 31
     * @return bytes from the start of the larb's window
     */
    public int offset(int port) {
        return offset + stride * port;
    }

    /**
     * Whether every port has a word of its own.
     *
     * @return {@code true} for {@link #WORD_FOR_EACH_PORT}
     */
    public boolean hasWordForEachPort() {
        return stride != 0;
    }

    /**
     * The bank field for a bank.
     *
     * @param bank bits 33:32 of addresses, 0 to 3
     * @return the four copies, in place
     */
    public static int bankBits(int bank) {
        return (int) BANK.of((long) bank * FOUR_COPIES);
    }

    /**
     * The bank of a port's word.
     *
     * @param raw the word
     * @return bits 33:32 of the port's addresses: the lowest of the copies
     */
    public static int bank(int raw) {
        return BANK.getInt(raw) & ONE_COPY;
    }
}
