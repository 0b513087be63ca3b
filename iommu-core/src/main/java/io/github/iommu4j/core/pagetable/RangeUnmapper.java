package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.core.trace.KernelLog;
import org.jspecify.annotations.Nullable;

/** Unmaps whole ranges; see {@link RunRule#WHOLE_RANGE}. */
final class RangeUnmapper {

    private final TableShape shape;
    private final DescriptorWords words;
    private final Tables tables;
    private final TlbInvalidation tlb;
    private final KernelLog log;
    private final long root;
    private final boolean roundsNothing;

    RangeUnmapper(TableShape shape, DescriptorWords words, Tables tables, PageTableEnvironment environment) {
        this.shape = shape;
        this.words = words;
        this.tables = tables;
        this.tlb = environment.tlb();
        this.log = environment.log();
        this.root = tables.root();
        this.roundsNothing = environment.has(PageTableErratum.UNMAP_OF_NOTHING_ROUNDS);
    }

    /** Unmaps a range, at least the leaf it begins with; nothing where nothing is mapped at its beginning. */
    long unmap(long iova, long size, @Nullable IotlbGather gather) {
        if (!shape.isInput(iova)) {
            if (roundsNothing) {
                throw new AssertionError(
                        "kernel BUG: unmap beyond the width of the table at 0x" + Long.toHexString(iova));
            }
            return 0;
        }
        long least = spanAt(iova);
        if (least == 0) {
            return 0;
        }
        long wanted = Long.compareUnsigned(size, least) < 0 ? least : size;
        IotlbGather freed = gather == null ? new IotlbGather() : gather;
        long end = clear(root, shape.top, new Span(iova, lastWithin(iova, wanted)), freed);
        boolean complete = end - iova == lastWithin(iova, wanted) + 1 - iova;
        long unmapped = complete ? wanted : end - iova;
        if (unmapped != 0 && (gather == null || !gather.isQueued())) {
            tlb.addPage(gather, iova, unmapped);
        }
        if (gather == null) {
            tables.freeGathered(freed.freedTables());
        }
        return unmapped;
    }

    private long lastWithin(long iova, long size) {
        long last = iova + size - 1;
        return shape.isInput(last) && Long.compareUnsigned(last, iova) >= 0 ? last : shape.lastIova();
    }

    /** Bytes of the leaf at an address; 0 when there is none. */
    private long spanAt(long iova) {
        Level level = shape.top;
        long raw = words.load(level.slot(root, iova));
        while (level.isTable(raw)) {
            level = level.below;
            raw = words.load(level.slot(shape.tableAddress.read(raw), iova));
        }
        return raw != 0 || roundsNothing ? level.span : 0;
    }

    /** Addresses in one table, the last one inclusive. */
    private record Span(long first, long last) {}

    /** Clears what a span covers whole, and returns where it had to stop: the end, or a leaf of which it covers a part. */
    private long clear(long table, Level level, Span span, IotlbGather freed) {
        long end = span.last + 1;
        long firstSlot = 0;
        long endSlot = 0;
        long at = span.first;
        while (at != end) {
            long base = at & -level.span;
            long last = Math.min(base + level.span - 1, span.last);
            long slot = level.slot(table, at);
            long raw = words.load(slot);
            if (raw != 0 && at == base && last == base + level.span - 1) {
                words.store(slot, 0);
                retire(raw, level, freed);
                firstSlot = endSlot == 0 ? slot : firstSlot;
                endSlot = slot + (1L << shape.wordLg2);
            } else if (level.isTable(raw)) {
                long stop = clear(shape.tableAddress.read(raw), level.below, new Span(at, last), freed);
                if (stop != last + 1) {
                    at = stop;
                    break;
                }
            } else if (raw != 0) {
                log.warnOn(true, String.format("only a part of the leaf at iova 0x%x is to be unmapped", base));
                break;
            }
            at = last + 1;
        }
        if (endSlot != 0) {
            tables.sync(firstSlot, endSlot - firstSlot >>> shape.wordLg2);
        }
        return at;
    }

    private void retire(long raw, Level level, IotlbGather freed) {
        if (level.isTable(raw)) {
            tables.retire(raw, level, freed);
        }
    }

    /** Clears all there is and frees every table but the root. */
    void clearAll() {
        IotlbGather freed = new IotlbGather();
        clear(root, shape.top, new Span(shape.firstIova, shape.lastIova()), freed);
        tables.freeGathered(freed.freedTables());
    }
}
