package io.github.iommu4j.core.pagetable.arm;

/**
 * The shape of a table of long descriptors, in ARM's count of levels: 3 holds the pages.
 *
 * @param granuleLg2 log2 of the bytes of a page: 12, 14 or 16
 * @param startLevel the root's level, 0 to 3
 * @param bitsPerLevel input bits a table below the root resolves
 * @param rootBits input bits the root resolves; more than {@code bitsPerLevel} when it is several tables side by side
 */
public record LpaeGeometry(int granuleLg2, int startLevel, int bitsPerLevel, int rootBits) {}
