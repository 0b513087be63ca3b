package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.trace.KernelLog;
import org.jspecify.annotations.Nullable;

/** Clears leaves. The paths here are hot: what is known is passed as numbers, nothing is allocated. */
final class Unmapper {

    private final TableShape shape;
    private final DescriptorWords words;
    private final Tables tables;
    private final LeafSplitter splitter;
    private final TlbInvalidation tlb;
    private final KernelLog log;
    private final long root;
    private final boolean oneByOne;

    Unmapper(TableShape shape, DescriptorWords words, Tables tables, PageTableEnvironment environment) {
        this.shape = shape;
        this.words = words;
        this.tables = tables;
        this.splitter = new LeafSplitter(shape, words, tables, environment);
        this.tlb = environment.tlb();
        this.log = environment.log();
        this.root = tables.root();
        this.oneByOne = shape.pageByPage && !shape.coherent;
    }

    /** Unmaps pages of a checked size: as many as the rule for runs says, up to the first that is not mapped. */
    long unmap(long iova, Leaf leaf, long count, @Nullable IotlbGather gather) {
        int sizeLg2 = leaf.sizeLg2;
        long done = 0;
        long pages;
        do {
            pages = unmapInOneTable(iova + (done << sizeLg2), leaf, count - done, gather);
            done += pages < 0 ? ~pages : pages;
        } while (shape.pageByPage && pages > 0 && done < count);
        return done << sizeLg2;
    }

    /** Returns how many pages were unmapped, as a complement when then one came that is not mapped. */
    private long unmapInOneTable(long iova, Leaf leaf, long count, @Nullable IotlbGather gather) {
        PhysicalMemory memory = words.memory;
        boolean wide = words.wide;
        AddressField next = shape.tableAddress;
        long table = root;
        Level level = shape.top;
        while (level != leaf.level) {
            long slot = level.slot(table, iova);
            long raw = DescriptorWords.load(memory, wide, slot);
            if (level.isTable(raw)) {
                table = next.read(raw);
                level = level.below;
            } else if (isMissing(raw, iova, level)) {
                return 0;
            } else {
                long unmapped = splitter.split(slot, iova, level, leaf, count, gather);
                if (unmapped != LeafSplitter.AGAIN) {
                    return unmapped;
                }
            }
        }
        return clear(level.slot(table, iova), iova, leaf, count, gather);
    }

    private long clear(long slot, long iova, Leaf leaf, long count, @Nullable IotlbGather gather) {
        int groupLg2 = leaf.groupLg2;
        long pages = oneByOne || count == 1 ? 1 : Math.min(count, leaf.level.room(iova) >>> groupLg2);
        return groupLg2 == 0
                ? clearSingles(slot, iova, leaf, pages, gather)
                : clearGroups(slot, iova, leaf, pages, gather);
    }

    private long clearSingles(long slot, long iova, Leaf leaf, long pages, @Nullable IotlbGather gather) {
        long done = 0;
        while (done < pages) {
            long at = slot + (done << shape.wordLg2);
            long first = iova + (done << leaf.sizeLg2);
            long run = mapped(at, pages - done, leaf);
            if (run != 0) {
                clearRun(at, run);
                invalidate(gather, first, leaf.size, run);
                done += run;
            } else if (clearOther(at, first, leaf, gather)) {
                done++;
            } else {
                return ~done;
            }
        }
        return done;
    }

    private long mapped(long slot, long count, Leaf leaf) {
        return count == 1 ? leaf.matches(words.load(slot)) ? 1 : 0 : words.matching(slot, count, leaf.pattern);
    }

    private void clearRun(long slot, long count) {
        if (count == 1) {
            words.store(slot, 0);
        } else {
            words.storeRun(slot, 0, 0, count);
        }
        if (!shape.coherent) {
            for (long i = 0; i < count; i++) {
                tables.sync(slot + (i << shape.wordLg2), 1);
            }
        }
    }

    private void invalidate(@Nullable IotlbGather gather, long iova, long size, long count) {
        if (gather != null && gather.isQueued()) {
            return;
        }
        if (count == 1) {
            tlb.addPage(gather, iova, size);
        } else {
            tlb.addPages(gather, iova, size, count);
        }
    }

    /** Clears a descriptor that is not the leaf that was expected, and returns whether there was anything. */
    private boolean clearOther(long slot, long iova, Leaf leaf, @Nullable IotlbGather gather) {
        Level level = leaf.level;
        long raw = words.load(slot);
        if (level.isTable(raw)) {
            clearRun(slot, 1);
            tables.dismantle(raw, iova, level, gather);
            return true;
        }
        if (isMissing(raw, iova, level) || splitter.isRefused(iova)) {
            return false;
        }
        splitter.breakGroup(slot, iova, level);
        clearRun(slot, 1);
        invalidate(gather, iova, level.span, 1);
        return true;
    }

    private long clearGroups(long slot, long iova, Leaf leaf, long pages, @Nullable IotlbGather gather) {
        int groupLg2 = leaf.groupLg2;
        for (long page = 0; page < pages; page++) {
            long at = slot + (page << groupLg2 + shape.wordLg2);
            if (!clearGroup(at, iova + (page << leaf.sizeLg2), leaf, gather)) {
                return ~page;
            }
        }
        return pages;
    }

    /** Clears the descriptors of a group's place, whatever they are, unless one of them is absent. */
    private boolean clearGroup(long slot, long iova, Leaf leaf, @Nullable IotlbGather gather) {
        Level level = leaf.level;
        long count = 1L << leaf.groupLg2;
        long span = level.span;
        if (words.matching(slot, count, leaf.pattern) == count) {
            words.storeRun(slot, 0, 0, count);
            tables.sync(slot, count);
            invalidate(gather, iova, span, count);
            return true;
        }
        long[] descriptors = new long[(int) count];
        for (int i = 0; i < count; i++) {
            descriptors[i] = words.load(slot + ((long) i << shape.wordLg2));
            if (isMissing(descriptors[i], iova + i * span, level)) {
                return false;
            }
        }
        words.storeRun(slot, 0, 0, count);
        tables.sync(slot, count);
        for (int i = 0; i < count; i++) {
            if (level.isTable(descriptors[i])) {
                tables.dismantle(descriptors[i], iova + i * span, level, gather);
            } else {
                invalidate(gather, iova + i * span, span, 1);
            }
        }
        return true;
    }

    /** Warns when a descriptor neither translates nor points to a table. */
    private boolean isMissing(long raw, long iova, Level level) {
        boolean missing = !level.isTable(raw) && level.leafAt(raw) == null;
        if (missing) {
            log.warnOn(
                    true,
                    String.format(
                            "nothing is mapped at iova 0x%x: descriptor 0x%x of level %d", iova, raw, level.number));
        }
        return missing;
    }
}
