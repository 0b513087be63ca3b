package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.core.bits.Log2;
import org.jspecify.annotations.Nullable;

/**
 * A format as data: what the engine looks at while it works, so that its code is the same for every format and calls
 * none of them. Immutable.
 */
final class TableShape {

    final PageTableFormat format;
    final int wordLg2;
    final Level top;
    final boolean coherent;
    final boolean pageByPage;
    final long syncedBit;
    final AddressField tableAddress;
    final long firstIova;

    private final long pageSizeBits;
    private final long outsideMask;
    private final long outsideOutputMask;
    private final @Nullable Leaf[] leafOfSizeLg2 = new @Nullable Leaf[Long.SIZE];

    TableShape(PageTableFormat format) {
        this.format = format;
        this.wordLg2 = Log2.floor(format.wordBytes());
        this.coherent = format.coherency() == WalkCoherency.COHERENT;
        this.pageByPage = format.runRule() == RunRule.PAGE_BY_PAGE;
        this.syncedBit = format.syncedBit();
        this.tableAddress = format.tableAddress();
        this.pageSizeBits = format.pageSizes().bitmap();
        this.outsideMask = ~Log2.mask(format.inputBits());
        this.outsideOutputMask = ~Log2.mask(format.outputBits());
        this.firstIova = format.inputHalf() == InputHalf.LOW ? 0 : outsideMask;
        Level level = null;
        for (int number = 0; number < format.levels().size(); number++) {
            level = new Level(format, number, level);
            for (Leaf leaf = level.first; leaf != null; leaf = leaf.next) {
                leafOfSizeLg2[leaf.sizeLg2] = leaf;
            }
        }
        if (level == null) {
            throw new IllegalArgumentException("a format has at least one level");
        }
        this.top = level;
    }

    /** The kind of leaf a page size stands for, if it may be mapped. */
    @Nullable
    Leaf leafOfSize(long pageSize) {
        boolean mapped = (pageSize & pageSizeBits) != 0 && (pageSize & pageSize - 1) == 0;
        return mapped ? leafOfSizeLg2[Long.numberOfTrailingZeros(pageSize)] : null;
    }

    boolean isInput(long iova) {
        return (iova & outsideMask) == firstIova;
    }

    /** The highest input address. */
    long lastIova() {
        return firstIova | ~outsideMask;
    }

    boolean isOutput(long pa) {
        return (pa & outsideOutputMask) == 0;
    }

    /** Whether all of a run lies in the input space; a run of no pages counts as one. */
    boolean isInputRun(long iova, long count, int sizeLg2) {
        long last = iova + (count == 0 ? 0 : (count << sizeLg2) - 1);
        return isInput(iova) && isInput(last) && isRun(iova, last, count, sizeLg2);
    }

    /** Whether all of a run lies in the output space; a run of no pages counts as one. */
    boolean isOutputRun(long pa, long count, int sizeLg2) {
        long last = pa + (count == 0 ? 0 : (count << sizeLg2) - 1);
        return isOutput(pa | last) && isRun(pa, last, count, sizeLg2);
    }

    private static boolean isRun(long first, long last, long count, int sizeLg2) {
        return Long.compareUnsigned(last, first) >= 0 && Long.compareUnsigned(count, -1L >>> sizeLg2) <= 0;
    }
}
