package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.armshort.layout.LarbControl;
import java.util.Set;

/**
 * What the SMI drivers know of a part from its name (Linux {@code mtk_smi_larb_gen} and {@code mtk_smi_common_plat}).
 * Immutable.
 *
 * @param larbControl where larbs say which ports go through the M4U
 * @param directLarbs larbs that hang on the common without registers of their own
 * @param busSel what BUS_SEL is set to: which engine serves which larb
 */
public record SmiPlatform(LarbControl larbControl, Set<Integer> directLarbs, int busSel) {

    /** The mt8173 and the mt6795. */
    public static final SmiPlatform MT8173 = new SmiPlatform(LarbControl.WORD_AT_F00, Set.of(), 0);
    /** The mt8167. */
    public static final SmiPlatform MT8167 = new SmiPlatform(LarbControl.WORD_AT_FC0, Set.of(), 0);
    /** The mt2712. */
    public static final SmiPlatform MT2712 = new SmiPlatform(LarbControl.WORD_FOR_EACH_PORT, Set.of(8, 9), 0);
    /** The mt8183: larbs 1, 2, 5 and 7 are served by the second engine. */
    public static final SmiPlatform MT8183 = new SmiPlatform(LarbControl.WORD_FOR_EACH_PORT, Set.of(2, 3, 7), 0x4414);

    /** Copies the set. */
    public SmiPlatform {
        directLarbs = Set.copyOf(directLarbs);
    }
}
