package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.core.trace.KernelLog;
import org.jspecify.annotations.Nullable;

/** Breaks leaves of which only a part is to be unmapped. */
final class LeafSplitter {

    /** The descriptor now points to a table: look again. */
    static final long AGAIN = -1;

    private static final long NO_TABLE = -1;

    private static final LockClass SPLIT_LOCK = new LockClass("&data->split_lock");

    private final TableShape shape;
    private final DescriptorWords words;
    private final Tables tables;
    private final TlbInvalidation tlb;
    private final KernelLog log;
    private final SpinLock splitLock;
    private final PartialUnmap partialUnmap;
    private final boolean returnsFirst;

    LeafSplitter(TableShape shape, DescriptorWords words, Tables tables, PageTableEnvironment environment) {
        this.shape = shape;
        this.words = words;
        this.tables = tables;
        this.tlb = environment.tlb();
        this.log = environment.log();
        this.splitLock = environment.locking().spinLock(SPLIT_LOCK);
        this.partialUnmap = environment.partialUnmap();
        this.returnsFirst = environment.has(PageTableErratum.GROUP_SPLIT_RETURNS_FIRST);
    }

    /**
     * Puts a table of smaller leaves in a leaf's place, without those that are to be unmapped if they belong in that
     * table.
     *
     * @return pages unmapped, or {@link #AGAIN} when they are further down
     */
    long split(long slot, long iova, int level, int leaf, long count, @Nullable IotlbGather gather) {
        int below = level - 1;
        boolean isLast = shape.leafLevel(leaf) == below;
        int piece = isLast ? leaf : shape.singleLeafOf(below);
        if (isRefused(iova, piece)) {
            return 0;
        }
        long raw = breakGroup(slot, iova, level);
        int from = shape.leafAt(raw, level);
        long table = from == TableShape.NO_LEAF ? NO_TABLE : allocate(below);
        if (table == NO_TABLE) {
            return 0;
        }
        long hole =
                isLast ? Math.min(shape.pageByPage ? 1 : count, shape.room(iova, below) >>> shape.groupLg2(piece)) : 0;
        fill(table, shape.format.narrowed(raw, shape.leaf(from), shape.leaf(piece)), piece, iova, hole);
        if (!tables.publish(slot, raw, table, level)) {
            tables.free(table, below);
            return shape.isTable(words.load(slot), level) ? AGAIN : 0;
        }
        if (!isLast) {
            return AGAIN;
        }
        tlb.addPages(gather, iova, shape.leaf(piece).size(), hole);
        return hole;
    }

    /** Whether a leaf may not be broken, or there are no smaller ones. */
    boolean isRefused(long iova, int piece) {
        boolean refused = partialUnmap == PartialUnmap.REFUSED || piece == TableShape.NO_LEAF;
        if (refused) {
            log.warnOn(true, String.format("part of a larger leaf is to be unmapped at iova 0x%x", iova));
        }
        return refused;
    }

    private long allocate(int level) {
        try {
            return tables.allocate(level);
        } catch (IommuException refusal) {
            return NO_TABLE;
        }
    }

    /** Fills a new table with equal pieces, of which the first is given, but for those from an address on. */
    private void fill(long table, long first, int piece, long iova, long hole) {
        int level = shape.leafLevel(piece);
        int groupLg2 = shape.groupLg2(piece);
        long pieces = shape.entries(level) >>> groupLg2;
        long holeStart = iova >>> shape.sizeLg2(piece) & pieces - 1;
        long step = shape.leaf(piece).address().write(shape.leaf(piece).size());
        for (long i = 0; i < pieces; i++) {
            if (i >= holeStart && i < holeStart + hole) {
                continue;
            }
            long slot = table + (i << groupLg2 + shape.wordLg2);
            words.storeRun(slot, first + step * i, 0, 1L << groupLg2);
            tables.sync(slot, 1L << groupLg2);
        }
    }

    /**
     * Rewrites a group as single leaves, with the split lock held because that takes several stores.
     *
     * @return what the descriptor is now; unchanged when it is not of a group
     */
    long breakGroup(long slot, long iova, int level) {
        SpinLock.IrqState interrupts = splitLock.lockIrqSave();
        try {
            long raw = words.load(slot);
            int group = shape.leafAt(raw, level);
            int single = shape.singleLeafOf(level);
            if (group == TableShape.NO_LEAF || shape.groupLg2(group) == 0 || single == TableShape.NO_LEAF) {
                return raw;
            }
            long count = 1L << shape.groupLg2(group);
            long index = iova >>> shape.sizeLg2(single) & count - 1;
            long groupSlot = slot - (index << shape.wordLg2);
            long first = shape.format.narrowed(raw, shape.leaf(group), shape.leaf(single));
            long step = shape.leaf(single).address().write(shape.leaf(single).size());
            words.storeRun(groupSlot, first, step, count);
            tables.sync(groupSlot, count);
            tlb.flushWalk(iova, shape.leaf(group).size(), shape.leaf(group).size());
            return returnsFirst ? first : first + step * index;
        } finally {
            splitLock.unlockIrqRestore(interrupts);
        }
    }
}
