package io.github.iommu4j.smmuv3.tables;

/**
 * One leaf entry that was written.
 *
 * @param stage 1 or 2
 * @param entry physical address of the descriptor
 * @param input an input address that the entry decides, as the device or stage 1 gives it
 * @param level 0 to 3
 * @param granuleLg2 12, 14 or 16
 * @param bigEndian byte order of the descriptor
 */
public record Mapping(int stage, long entry, long input, int level, int granuleLg2, boolean bigEndian) {}
