package io.github.iommu4j.vtd.hardware;

/** Capabilities for tests. */
final class Units {

    static final int PI = 59;
    static final int ESIRTPS = 62;
    static final int ESRTPS = 63;

    /** FRO 220h, 8 records, MGAW 48, MAMV 18, PSI, protected regions, posted interrupts. */
    static final long CAP = 0x00d2_078c_222f_0606L | 3L << 5 | 1L << PI;

    /** QI, DT, IR, EIM, PT, SC, IRO 500h, MHMV 15, PRS, PSS 19, PASID, PDS, SMTS, SSTS, FSTS. */
    static final long ECAP = 0xDEL
            | 0x50L << 8
            | 0xFL << 20
            | 1L << 29
            | 19L << 35
            | 1L << 40
            | 1L << 42
            | 1L << 43
            | 1L << 46
            | 1L << 47;

    static final VtdCapabilities FULL = VtdCapabilities.of(0x10, CAP, ECAP, 46);

    /** One record, legacy mode only; the queue, and nothing else. */
    static final VtdCapabilities PLAIN = VtdCapabilities.of(0x10, 0x00d2_008c_222f_0606L, 0xf02, 46);

    private Units() {}

    static VtdCapabilities cap(long cap) {
        return VtdCapabilities.of(0x10, cap, ECAP, 46);
    }

    /** Interrupts are posted where they are remapped. */
    static VtdCapabilities ecap(long ecap) {
        long cap = (ecap >>> 3 & 1) != 0 ? CAP : CAP & ~(1L << PI);
        return VtdCapabilities.of(0x10, cap, ecap, 46);
    }
}
