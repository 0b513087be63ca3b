package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.Prot;
import io.github.iommu4j.core.bits.Log2;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A format as arrays: what the engine looks at while it walks, so that walking is the same code for every format and
 * calls none of them. Arrays are indexed by level, or by leaf: the kinds of leaves of all levels, numbered through.
 * Immutable.
 */
final class TableShape {

    /** No such leaf. */
    static final int NO_LEAF = -1;

    private static final int PROTECTIONS = 64;

    final PageTableFormat format;
    final int wordLg2;
    final int top;
    final boolean coherent;
    final boolean pageByPage;
    final long presenceMask;
    final long syncedBit;
    final AddressField tableAddress;
    final long firstIova;

    private final long pageSizeBits;
    private final long outsideMask;
    private final long outsideOutputMask;
    private final TableLevel[] levels;
    private final int[] spanLg2;
    private final long[] indexMask;
    private final long[] tableMask;
    private final long[] tableValue;
    private final LeafLayout[] leaves;
    private final int[] leafLevel;
    private final int[] leafEnd;
    private final long[][] attributes;
    private final int[] leafOfSizeLg2 = new int[Long.SIZE];

    TableShape(PageTableFormat format) {
        this.format = format;
        this.wordLg2 = Log2.floor(format.wordBytes());
        this.levels = format.levels().toArray(new TableLevel[0]);
        this.top = levels.length - 1;
        this.coherent = format.coherency() == WalkCoherency.COHERENT;
        this.pageByPage = format.runRule() == RunRule.PAGE_BY_PAGE;
        this.presenceMask = format.presenceMask();
        this.syncedBit = format.syncedBit();
        this.tableAddress = format.tableAddress();
        this.pageSizeBits = format.pageSizes().bitmap();
        this.outsideMask = ~Log2.mask(format.inputBits());
        this.outsideOutputMask = ~Log2.mask(format.outputBits());
        this.firstIova = format.inputHalf() == InputHalf.LOW ? 0 : outsideMask;

        this.spanLg2 = new int[levels.length];
        this.indexMask = new long[levels.length];
        this.tableMask = new long[levels.length];
        this.tableValue = new long[levels.length];
        this.leafEnd = new int[levels.length];
        List<LeafLayout> allLeaves = new ArrayList<>();
        int span = format.granuleLg2();
        for (int level = 0; level < levels.length; level++) {
            spanLg2[level] = span;
            span += levels[level].indexBits();
            indexMask[level] = Log2.mask(levels[level].indexBits());
            tableMask[level] = levels[level].table().mask();
            tableValue[level] = levels[level].table().value();
            allLeaves.addAll(levels[level].leaves());
            leafEnd[level] = allLeaves.size();
        }
        this.leaves = allLeaves.toArray(new LeafLayout[0]);
        this.leafLevel = new int[leaves.length];
        this.attributes = new long[leaves.length][];
        Arrays.fill(leafOfSizeLg2, NO_LEAF);
        numberLeaves();
    }

    private void numberLeaves() {
        int level = 0;
        for (int leaf = 0; leaf < leaves.length; leaf++) {
            while (leaf >= leafEnd[level]) {
                level++;
            }
            leafLevel[leaf] = level;
            leafOfSizeLg2[leaves[leaf].sizeLg2()] = leaf;
            attributes[leaf] = new long[PROTECTIONS];
            for (int bits = 0; bits < PROTECTIONS; bits++) {
                Prot prot = new Prot(bits);
                attributes[leaf][bits] = isAccessible(prot) ? format.attributes(prot, leaves[leaf]) : 0;
            }
        }
    }

    /** Whether a protection allows anything at all. */
    static boolean isAccessible(Prot prot) {
        return (prot.bits() & (Prot.READ.bits() | Prot.WRITE.bits())) != 0;
    }

    /** The kind of leaf a page size stands for, or {@link #NO_LEAF} when it may not be mapped. */
    int leafOfSize(long pageSize) {
        return Long.bitCount(pageSize & pageSizeBits) == 1 && (pageSize & ~pageSizeBits) == 0
                ? leafOfSizeLg2[Long.numberOfTrailingZeros(pageSize)]
                : NO_LEAF;
    }

    int leafLevel(int leaf) {
        return leafLevel[leaf];
    }

    LeafLayout leaf(int leaf) {
        return leaves[leaf];
    }

    int sizeLg2(int leaf) {
        return leaves[leaf].sizeLg2();
    }

    /** Log2 of the descriptors that a leaf is written down in. */
    int groupLg2(int leaf) {
        return leaves[leaf].sizeLg2() - spanLg2[leafLevel[leaf]];
    }

    /** The kind of leaf that is one descriptor of a level, or {@link #NO_LEAF}. */
    int singleLeafOf(int level) {
        int leaf = leafOfSizeLg2[spanLg2[level]];
        return leaf != NO_LEAF && leafLevel[leaf] == level ? leaf : NO_LEAF;
    }

    /** The kind of leaf that a descriptor is, or {@link #NO_LEAF}. */
    int leafAt(long raw, int level) {
        int end = leafEnd[level];
        for (int leaf = level == 0 ? 0 : leafEnd[level - 1]; leaf < end; leaf++) {
            if (leaves[leaf].pattern().matches(raw)) {
                return leaf;
            }
        }
        return NO_LEAF;
    }

    /** What a leaf translates an address to. */
    long output(int leaf, long raw, long iova) {
        LeafLayout layout = leaves[leaf];
        return layout.address().read(raw) | iova & layout.size() - 1;
    }

    long attributes(int leaf, Prot prot) {
        return attributes[leaf][prot.bits() & PROTECTIONS - 1];
    }

    boolean isTable(long raw, int level) {
        return (raw & tableMask[level]) == tableValue[level];
    }

    boolean isAbsent(long raw) {
        return (raw & presenceMask) == 0;
    }

    /** Where the descriptor for an input address is. */
    long slot(long table, long iova, int level) {
        return table + ((iova >>> spanLg2[level] & indexMask[level]) << wordLg2);
    }

    long span(int level) {
        return 1L << spanLg2[level];
    }

    /** The descriptors in a table. */
    long entries(int level) {
        return indexMask[level] + 1;
    }

    /**
     * The descriptors from an input address to the end of its table. A root that is larger than the tables below it is
     * several of them side by side.
     */
    long room(long iova, int level) {
        long mask = level == top && level > 0 ? indexMask[level] & indexMask[level - 1] : indexMask[level];
        return mask + 1 - (iova >>> spanLg2[level] & mask);
    }

    long tableBytes(int level) {
        return indexMask[level] + 1 << wordLg2;
    }

    long allocation(int level) {
        return levels[level].allocation();
    }

    long tableAttributes(int level) {
        return levels[level].tableAttributes();
    }

    boolean isInput(long iova) {
        return (iova & outsideMask) == firstIova;
    }

    boolean isOutput(long pa) {
        return (pa & outsideOutputMask) == 0;
    }

    /** Whether all of a run of {@code count} pages lies in the input space. */
    boolean isInputRun(long iova, long count, int sizeLg2) {
        long last = iova + (count << sizeLg2) - 1;
        return isInput(iova) && isInput(last) && Long.compareUnsigned(last, iova) >= 0 && countFits(count, sizeLg2);
    }

    /** Whether all of a run of {@code count} pages lies in the output space. */
    boolean isOutputRun(long pa, long count, int sizeLg2) {
        long last = pa + (count << sizeLg2) - 1;
        return isOutput(pa) && isOutput(last) && Long.compareUnsigned(last, pa) >= 0 && countFits(count, sizeLg2);
    }

    private static boolean countFits(long count, int sizeLg2) {
        return Long.compareUnsigned(count, -1L >>> sizeLg2) <= 0;
    }
}
