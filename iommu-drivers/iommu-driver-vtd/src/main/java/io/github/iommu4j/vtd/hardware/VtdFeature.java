package io.github.iommu4j.vtd.hardware;

/** The features that are one bit of CAP_REG or ECAP_REG (Intel VT-d §11.4.2, §11.4.3), by the specification's names. */
public enum VtdFeature {
    /** Software must flush write buffers. */
    RWBF(Word.CAP, 4),
    /** Protected low-memory region. */
    PLMR(Word.CAP, 5),
    /** Protected high-memory region. */
    PHMR(Word.CAP, 6),
    /** Caching mode: not-present entries may be cached. */
    CM(Word.CAP, 7),
    /** Zero-length reads of write-only pages. */
    ZLR(Word.CAP, 22),
    /** Page-selective invalidation. */
    PSI(Word.CAP, 39),
    /** Write draining. */
    DWD(Word.CAP, 54),
    /** Read draining. */
    DRD(Word.CAP, 55),
    /** 1 GiB pages of the first stage. */
    FS1GP(Word.CAP, 56),
    /** Posted interrupts; needs IR. */
    PI(Word.CAP, 59),
    /** Five levels of the first stage. */
    FS5LP(Word.CAP, 60),
    /** Enhanced commands. */
    ECMDS(Word.CAP, 61),
    /** Setting the interrupt table pointer invalidates. */
    ESIRTPS(Word.CAP, 62),
    /** Setting the root table pointer invalidates. */
    ESRTPS(Word.CAP, 63),
    /** Coherent walks of legacy structures. */
    C(Word.ECAP, 0),
    /** The invalidation queue. */
    QI(Word.ECAP, 1),
    /** Device TLBs; needs QI. */
    DT(Word.ECAP, 2),
    /** Interrupt remapping; needs QI. */
    IR(Word.ECAP, 3),
    /** 32-bit APIC ids; needs IR. */
    EIM(Word.ECAP, 4),
    /** Pass-through. */
    PT(Word.ECAP, 6),
    /** Snoop control. */
    SC(Word.ECAP, 7),
    /** Memory types. */
    MTS(Word.ECAP, 25),
    /** Nested translation; needs FSTS and SSTS. */
    NEST(Word.ECAP, 26),
    /** Page requests; needs DT and PASID. */
    PRS(Word.ECAP, 29),
    /** Requests to execute. */
    ERS(Word.ECAP, 30),
    /** Supervisor requests. */
    SRS(Word.ECAP, 31),
    /** No-write flag of translation requests. */
    NWFS(Word.ECAP, 33),
    /** Extended-accessed bit. */
    EAFS(Word.ECAP, 34),
    /** Requests with PASID. */
    PASID(Word.ECAP, 40),
    /** Throttling of device-TLB invalidations. */
    DIT(Word.ECAP, 41),
    /** Draining of page requests. */
    PDS(Word.ECAP, 42),
    /** Scalable mode; needs QI. */
    SMTS(Word.ECAP, 43),
    /** Virtual commands. */
    VCS(Word.ECAP, 44),
    /** Accessed and dirty bits of the second stage. */
    SSADS(Word.ECAP, 45),
    /** Second stage in scalable mode; needs SMTS. */
    SSTS(Word.ECAP, 46),
    /** First stage; needs SMTS. */
    FSTS(Word.ECAP, 47),
    /** Coherent scalable-mode walks. */
    SMPWCS(Word.ECAP, 48),
    /** RID_PASID. */
    RPS(Word.ECAP, 49),
    /** Abort-DMA mode. */
    ADMS(Word.ECAP, 52),
    /** RID_PRIV. */
    RPRIVS(Word.ECAP, 53);

    /** Which register a feature is in. */
    private enum Word {
        CAP,
        ECAP
    }

    private final Word word;
    private final long mask;

    VtdFeature(Word word, int bit) {
        this.word = word;
        mask = 1L << bit;
    }

    /** The bit in CAP_REG, or 0. */
    long capMask() {
        return word == Word.CAP ? mask : 0;
    }

    /** The bit in ECAP_REG, or 0. */
    long ecapMask() {
        return word == Word.ECAP ? mask : 0;
    }
}
