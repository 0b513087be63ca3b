package io.github.iommu4j.armshort.layout;

import static io.github.iommu4j.core.bits.BitField.bit;
import static io.github.iommu4j.core.bits.BitField.bits;

import io.github.iommu4j.core.bits.BitField;

/** How CTRL_REG says what becomes of an access that faults. */
public enum TranslationControl {
    /** mt8173 and mt6795: protection in bits 6:5, beside the mode of the prefetch replacement in bit 4. */
    MT8173,
    /** All others: protection in bits 5:4. */
    LATER;

    /** The protection value that sends faulting accesses to the address in IVRP_PADDR. */
    public static final int TO_PROGRAMMED_ADDRESS = 2;
    /** {@link #MT8173} only: prefetched entries replace others in another order. */
    public static final BitField PREFETCH_REPLACE = bit(4);

    private static final BitField MT8173_PROTECTION = bits(6, 5);
    private static final BitField LATER_PROTECTION = bits(5, 4);

    /**
     * The field that says where a faulting access goes.
     *
     * @return two bits
     */
    public BitField protection() {
        return this == MT8173 ? MT8173_PROTECTION : LATER_PROTECTION;
    }
}
