package io.github.iommu4j.core.pagetable.arm;

/**
 * The shape of a table of long descriptors, in ARM's count of levels: 3 holds the pages.
 *
 * @param granuleLg2 log2 of the bytes of a page: 12, 14 or 16
 * @param startLevel the root's level, 0 to 3
 * @param bitsPerLevel input bits a table below the root resolves
 * @param rootBits input bits the root resolves; more than {@code bitsPerLevel} when it is several tables side by side
 */
public record LpaeGeometry(int granuleLg2, int startLevel, int bitsPerLevel, int rootBits) {

    private static final int LEVELS = 4;
    private static final int WORD_LG2 = 3;
    private static final int MOST_ROOT_TABLES_LG2 = 4;

    /** The shape for a granule and an input size, with as few levels as will do. */
    static LpaeGeometry of(int granuleLg2, int ias) {
        int bitsPerLevel = granuleLg2 - WORD_LG2;
        int indexed = ias - granuleLg2;
        int levels = (indexed + bitsPerLevel - 1) / bitsPerLevel;
        return new LpaeGeometry(granuleLg2, LEVELS - levels, bitsPerLevel, indexed - bitsPerLevel * (levels - 1));
    }

    /** Stage 2: a small root of level 0 gives way to up to 16 tables of level 1 side by side. */
    LpaeGeometry concatenated() {
        return startLevel == 0 && rootBits <= MOST_ROOT_TABLES_LG2
                ? new LpaeGeometry(granuleLg2, 1, bitsPerLevel, rootBits + bitsPerLevel)
                : this;
    }

    /** Mali always walks all four levels. */
    LpaeGeometry withAllLevels() {
        return startLevel > 0 ? new LpaeGeometry(granuleLg2, 0, bitsPerLevel, 0) : this;
    }

    /** The sizes of pages and blocks of a granule, as a bitmap. */
    static long leafSizes(int granuleLg2, int oas) {
        return switch (granuleLg2) {
            case 12 -> 1L << 12 | 1L << 21 | 1L << 30;
            case 14 -> 1L << 14 | 1L << 25;
            default -> 1L << 16 | 1L << 29 | (oas > 48 ? 1L << 42 : 0);
        };
    }
}
