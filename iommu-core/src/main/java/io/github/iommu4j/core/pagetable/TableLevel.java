package io.github.iommu4j.core.pagetable;

import java.util.List;

/**
 * The tables of one level. A descriptor is like one pattern at most, {@code table} or that of a leaf. A root with more
 * descriptors than the tables below it is several tables side by side. Immutable.
 *
 * @param indexBits log2 of the descriptors in a table, at least 0
 * @param allocation bytes taken from the allocator for a table, aligned to themselves; at least the table's own size
 * @param table how a descriptor that points to a table of the next lower level is known; {@link BitPattern#NEVER} in
 *     level 0
 * @param tableAttributes such a descriptor without its address
 * @param leaves the kinds of leaves in this level, perhaps none
 */
public record TableLevel(
        int indexBits, long allocation, BitPattern table, long tableAttributes, List<LeafLayout> leaves) {

    /** Copies the leaves. */
    public TableLevel {
        leaves = List.copyOf(leaves);
    }
}
