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
    long split(long slot, long iova, Level level, Leaf leaf, long count, @Nullable IotlbGather gather) {
        Level below = level.below;
        boolean isLast = leaf.level == below;
        Leaf piece = isLast ? leaf : below.single;
        if (isRefused(iova) || piece == null) {
            return 0;
        }
        long raw = breakGroup(slot, iova, level);
        if (level.isTable(raw)) {
            return AGAIN;
        }
        Leaf from = level.leafAt(raw);
        long table = from == null ? NO_TABLE : allocate(below);
        if (from == null || table == NO_TABLE) {
            return 0;
        }
        long hole = isLast ? Math.min(shape.pageByPage ? 1 : count, below.room(iova) >>> piece.groupLg2) : 0;
        fill(table, shape.format.narrowed(raw, from.layout, piece.layout), piece, iova, hole);
        if (!tables.publish(slot, raw, table, level)) {
            tables.free(table, below);
            return level.isTable(words.load(slot)) ? AGAIN : 0;
        }
        if (!isLast) {
            return AGAIN;
        }
        tlb.addPages(gather, iova, piece.size, hole);
        return hole;
    }

    /** Whether leaves may not be broken. */
    boolean isRefused(long iova) {
        boolean refused = partialUnmap == PartialUnmap.REFUSED;
        if (refused) {
            log.warnOn(true, String.format("part of a larger leaf is to be unmapped at iova 0x%x", iova));
        }
        return refused;
    }

    private long allocate(Level level) {
        try {
            return tables.allocate(level);
        } catch (IommuException refusal) {
            return NO_TABLE;
        }
    }

    /** Fills a new table with equal pieces, of which the first is given, but for those from an address on. */
    private void fill(long table, long first, Leaf piece, long iova, long hole) {
        long pieces = piece.level.entries >>> piece.groupLg2;
        long holeStart = hole == 0 ? pieces : iova >>> piece.sizeLg2 & pieces - 1;
        fillRange(table, first, piece, 0, holeStart);
        fillRange(table, first, piece, holeStart + hole, pieces);
    }

    private void fillRange(long table, long first, Leaf piece, long from, long end) {
        int pieceLg2 = piece.groupLg2 + shape.wordLg2;
        long step = piece.address.write(piece.size);
        if (!piece.isGroup() && from < end) {
            words.storeRun(table + (from << pieceLg2), first + step * from, step, end - from);
        }
        for (long i = from; i < end && (piece.isGroup() || !shape.coherent); i++) {
            long slot = table + (i << pieceLg2);
            if (piece.isGroup()) {
                words.storeRun(slot, first + step * i, 0, 1L << piece.groupLg2);
            }
            tables.sync(slot, 1L << piece.groupLg2);
        }
    }

    /**
     * Rewrites a group as single leaves, with the split lock held because that takes several stores.
     *
     * @return what the descriptor is now; unchanged when it is not of a group
     */
    long breakGroup(long slot, long iova, Level level) {
        SpinLock.IrqState interrupts = splitLock.lockIrqSave();
        try {
            long raw = words.load(slot);
            Leaf group = level.leafAt(raw);
            Leaf single = level.single;
            if (group == null || !group.isGroup() || single == null) {
                return raw;
            }
            long count = 1L << group.groupLg2;
            long index = iova >>> single.sizeLg2 & count - 1;
            long groupSlot = slot - (index << shape.wordLg2);
            long first = shape.format.narrowed(raw, group.layout, single.layout);
            long step = single.address.write(single.size);
            words.storeRun(groupSlot, first, step, count);
            tables.sync(groupSlot, count);
            tlb.flushWalk(iova, group.size, group.size);
            return returnsFirst ? first : first + step * index;
        } finally {
            splitLock.unlockIrqRestore(interrupts);
        }
    }
}
