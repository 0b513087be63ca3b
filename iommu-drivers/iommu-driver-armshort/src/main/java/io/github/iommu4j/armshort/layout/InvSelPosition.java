package io.github.iommu4j.armshort.layout;

/** Where a part has its INV_SEL register. */
public enum InvSelPosition {
    /** mt6779, mt8186, mt8192, mt8195. */
    AT_02C(M4uRegister.INV_SEL_GEN2),
    /** mt2712, mt6795, mt8167, mt8173, mt8183. */
    AT_038(M4uRegister.INV_SEL_GEN1);

    private final M4uRegister register;

    InvSelPosition(M4uRegister register) {
        this.register = register;
    }

    /**
     * The register.
     *
     * @return where INV_SEL is written
     */
    public M4uRegister register() {
        return register;
    }
}
