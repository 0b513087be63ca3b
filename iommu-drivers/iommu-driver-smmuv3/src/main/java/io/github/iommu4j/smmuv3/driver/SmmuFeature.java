package io.github.iommu4j.smmuv3.driver;

/** What the driver uses of a unit, with the bits of Linux's line {@code features 0x...} (6.1; later bits as of 6.12). */
enum SmmuFeature {
    TWO_LEVEL_STREAM_TABLE(0),
    TWO_LEVEL_CONTEXT_TABLE(1),
    TABLES_LITTLE_ENDIAN(2),
    TABLES_BIG_ENDIAN(3),
    PRI(4),
    ATS(5),
    SEV(6),
    MSI(7),
    COHERENCY(8),
    STAGE_1(9),
    STAGE_2(10),
    STALLS(11),
    HYP(12),
    STALL_FORCE(13),
    VAX(14),
    RANGE_INVALIDATION(15),
    E2H(18),
    ATTRIBUTE_TYPES_OVERRIDE(20);

    private final int bit;

    SmmuFeature(int bit) {
        this.bit = bit;
    }

    int mask() {
        return 1 << bit;
    }
}
