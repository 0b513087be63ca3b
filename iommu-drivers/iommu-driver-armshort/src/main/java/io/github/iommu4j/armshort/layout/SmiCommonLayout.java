package io.github.iommu4j.armshort.layout;

import static io.github.iommu4j.core.bits.BitField.bits;

/**
 * The register of an SMI common that says which translation engine serves a larb.
 *
 * <pre>
 *         31         16 15  14 13  12          3   2 1   0
 * BUS_SEL |            |larb 7|larb 6|   …   |larb 1|larb 0|    0: mmu0, 1: mmu1
 * </pre>
 */
public final class SmiCommonLayout {

    /** Byte offset of BUS_SEL. */
    public static final int BUS_SEL = 0x220;
    /** Bytes of an SMI common's window. */
    public static final long WINDOW = 0x1000;

    private static final int LARBS = 16;

    private SmiCommonLayout() {}

    /**
     * The engine that BUS_SEL chooses for a larb.
     *
     * @param busSel the register's value
     * @param larb the larb, 0 to 31; the register has room for 16
     * @return 0 or 1
     */
    public static int engine(int busSel, int larb) {
        return larb < LARBS ? bits(2 * larb, 2 * larb).getInt(busSel) : 0;
    }
}
