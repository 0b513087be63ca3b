package io.github.iommu4j.smmuv3.hardware;

/** The exception level whose translation regime a stream uses (IHI 0070 §3.3.4), Non-secure only. */
enum StreamWorld {
    /** EL1 and EL0, with VMID and ASID. */
    EL1(0, true),
    /** EL2 without host extensions: one half, one privilege, no tags. */
    EL2(2, false),
    /** EL2 with host extensions: as EL1, without VMID. */
    EL2_E2H(3, true);

    private final int tag;
    private final boolean twoHalves;

    StreamWorld(int tag, boolean twoHalves) {
        this.tag = tag;
        this.twoHalves = twoHalves;
    }

    /** The number that stands in TLB tags. */
    int tag() {
        return tag;
    }

    /** Whether TTB1, EPD0 and EPD1 exist. */
    boolean hasTwoHalves() {
        return twoHalves;
    }

    /** Whether privileged and unprivileged accesses have permissions of their own. */
    boolean hasTwoPrivileges() {
        return twoHalves;
    }

    boolean hasAsid() {
        return twoHalves;
    }

    boolean hasVmid() {
        return this == EL1;
    }
}
