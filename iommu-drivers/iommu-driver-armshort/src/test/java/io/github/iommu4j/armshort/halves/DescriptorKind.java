package io.github.iommu4j.armshort.halves;

/** The kinds of descriptors the kernel writes, with the bits it gives a meaning to in each (beside addresses). */
enum DescriptorKind {
    /** A level-2 table. */
    TABLE(0b11),
    /** 1 MiB: type, B, C, XN, AP, TEX, S, nG. */
    SECTION(0b111_1001_1100_0001_1110),
    /** 16 MiB, as a section. */
    SUPERSECTION(0b111_1001_1100_0001_1110),
    /** 64 KiB: type, B, C, AP, S, nG, TEX, XN. */
    LARGE_PAGE(0b1001_1110_0011_1111),
    /** 4 KiB: XN, type, B, C, AP, TEX, S, nG. */
    SMALL_PAGE(0b1110_0111_1111),
    /** Nothing. */
    NONE(0);

    private final int meaningfulBits;

    DescriptorKind(int meaningfulBits) {
        this.meaningfulBits = meaningfulBits;
    }

    int meaningfulBits() {
        return meaningfulBits;
    }

    static DescriptorKind of(int raw, boolean firstLevel) {
        if ((raw & 3) == 0) {
            return NONE;
        }
        if (!firstLevel) {
            return (raw & 2) != 0 ? SMALL_PAGE : LARGE_PAGE;
        }
        if ((raw & 3) == 1) {
            return TABLE;
        }
        return (raw & 1 << 18) != 0 ? SUPERSECTION : SECTION;
    }
}
