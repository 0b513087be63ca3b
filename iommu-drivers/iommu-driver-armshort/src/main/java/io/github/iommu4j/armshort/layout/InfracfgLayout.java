package io.github.iommu4j.armshort.layout;

import static io.github.iommu4j.core.bits.BitField.bit;

import io.github.iommu4j.core.bits.BitField;

/** The register of the infrastructure block (infracfg) that tells of 4 GiB mode. */
public final class InfracfgLayout {

    /** Byte offset of INFRA_MISC. */
    public static final int INFRA_MISC = 0xF00;
    /** INFRA_MISC: the machine is in 4 GiB mode. */
    public static final BitField DDR_4GB_SUPPORT_EN = bit(13);
    /** Bytes of the block's window. */
    public static final long WINDOW = 0x1000;

    private InfracfgLayout() {}
}
