package io.github.iommu4j.armshort.layout;

/**
 * Where a part's registers differ from others'. Immutable.
 *
 * @param invSel where INV_SEL stands
 * @param ivrp how IVRP_PADDR holds an address
 * @param control how CTRL_REG says what becomes of faulting accesses
 * @param interruptId how INT_ID names a port
 * @param larbControl where larbs say which ports go through the M4U
 */
public record M4uLayout(
        InvSelPosition invSel,
        IvrpForm ivrp,
        TranslationControl control,
        InterruptIdLayout interruptId,
        LarbControl larbControl) {

    /** The registers of the mt8173 and the mt6795. */
    public static final M4uLayout MT8173 = new M4uLayout(
            InvSelPosition.AT_038,
            IvrpForm.HALVED,
            TranslationControl.MT8173,
            InterruptIdLayout.PLAIN,
            LarbControl.WORD_AT_F00);

    /** The registers of the mt8167. */
    public static final M4uLayout MT8167 = new M4uLayout(
            InvSelPosition.AT_038,
            IvrpForm.HALVED,
            TranslationControl.LATER,
            InterruptIdLayout.PLAIN,
            LarbControl.WORD_AT_FC0);

    /** The registers of the mt2712 and the mt8183. */
    public static final M4uLayout MT8183 = new M4uLayout(
            InvSelPosition.AT_038,
            IvrpForm.FOLDED,
            TranslationControl.LATER,
            InterruptIdLayout.PLAIN,
            LarbControl.WORD_FOR_EACH_PORT);

    /** The registers of the mt6779, the mt8186 and the mt8192. */
    public static final M4uLayout MT6779 = new M4uLayout(
            InvSelPosition.AT_02C,
            IvrpForm.FOLDED,
            TranslationControl.LATER,
            InterruptIdLayout.SUB_COMMON_2_BITS,
            LarbControl.WORD_FOR_EACH_PORT);
}
