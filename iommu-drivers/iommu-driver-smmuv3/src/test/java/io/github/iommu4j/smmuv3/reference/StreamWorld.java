package io.github.iommu4j.smmuv3.reference;

/** The Non-secure translation regimes a stream can belong to (IHI 0070 §3.3.4). */
enum StreamWorld {
    EL1,
    EL2,
    EL2_E2H;

    /** A TTB1 half, with its own controls. */
    boolean hasTwoHalves() {
        return this != EL2;
    }

    boolean hasTwoPrivileges() {
        return this != EL2;
    }

    boolean usesAsid() {
        return this != EL2;
    }
}
