package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.ArrayList;
import java.util.List;

/** Maps whole ranges; see {@link RunRule#WHOLE_RANGE}. */
final class RangeMapper {

    private static final BitPattern FREE = new BitPattern(-1, 0);

    private final TableShape shape;
    private final DescriptorWords words;
    private final Tables tables;
    private final Mapper mapper;
    private final TlbInvalidation tlb;
    private final KernelLog log;
    private final List<Leaf> largestFirst = new ArrayList<>();
    private final boolean losesTables;
    private final boolean countsInTheEnd;

    RangeMapper(TableShape shape, DescriptorWords words, Tables tables, PageTableEnvironment environment) {
        this.shape = shape;
        this.words = words;
        this.tables = tables;
        this.mapper = new Mapper(shape, words, tables, environment);
        this.tlb = environment.tlb();
        this.log = environment.log();
        this.losesTables = environment.has(PageTableErratum.REPLACED_MIX_LOSES_TABLES);
        this.countsInTheEnd = environment.has(PageTableErratum.FAILED_RANGE_COUNTS_NOTHING);
        for (Level level = shape.top; ; level = level.below) {
            if (level.single != null) {
                largestFirst.add(level.single);
            }
            if (level.isLowest()) {
                break;
            }
        }
    }

    /** Maps a range that has been checked. */
    void map(long iova, long pa, long size, Prot prot, MapProgress progress) {
        MapProgress counter = countsInTheEnd ? new MapProgress() : progress;
        for (long done = 0; done != size; ) {
            Leaf leaf = largest(iova + done | pa + done, size - done);
            long pages = Math.min(size - done >>> leaf.sizeLg2, leaf.level.room(iova + done));
            write(iova + done, pa + done, leaf, pages, leaf.attributes(prot));
            counter.add(pages << leaf.sizeLg2);
            done += pages << leaf.sizeLg2;
        }
        if (countsInTheEnd) {
            progress.add(size);
        }
    }

    private Leaf largest(long addresses, long size) {
        for (Leaf leaf : largestFirst) {
            if ((addresses & leaf.size - 1) == 0 && Long.compareUnsigned(size, leaf.size) >= 0) {
                return leaf;
            }
        }
        throw new AssertionError("no leaf is small enough for 0x" + Long.toHexString(addresses));
    }

    private void write(long iova, long pa, Leaf leaf, long pages, long attributes) {
        Level level = leaf.level;
        long slot = mapper.descend(iova, level);
        if (!level.isLowest()) {
            for (long i = 0; i < pages; i++) {
                replace(slot + (i << shape.wordLg2), iova + (i << leaf.sizeLg2), level);
            }
        }
        long first = attributes | leaf.address.write(pa);
        long step = leaf.address.write(leaf.size);
        if (words.matching(slot, pages, FREE) == pages) {
            words.storeRun(slot, first, step, pages);
        } else {
            for (long i = 0; i < pages; i++) {
                writeUnlessOccupied(slot + (i << shape.wordLg2), iova + (i << leaf.sizeLg2), first + i * step);
            }
        }
        tables.sync(slot, pages);
    }

    private void writeUnlessOccupied(long slot, long iova, long descriptor) {
        if (!words.compareAndSet(slot, 0, descriptor)) {
            log.warnOn(
                    true, String.format("descriptor 0x%x is at iova 0x%x already and stays", words.load(slot), iova));
        }
    }

    /** Whatever is in a larger leaf's place goes, and is freed when no walker can be in it. */
    private void replace(long slot, long iova, Level level) {
        long raw = words.load(slot);
        if (raw == 0) {
            return;
        }
        IotlbGather freed = new IotlbGather();
        if (level.isTable(raw)) {
            long table = shape.tableAddress.read(raw);
            clear(table, level.below);
            collect(table, level.below, freed);
        }
        words.store(slot, 0);
        tables.sync(slot, 1);
        if (level.isTable(raw)) {
            tables.retireAlone(shape.tableAddress.read(raw), level.below, freed);
        }
        tlb.flushWalk(iova, level.span, level.span);
        tables.freeGathered(freed.freedTables());
    }

    /**
     * Takes the leaves out of a table that is to be freed, so that no walker that is in it already finds them. Linux
     * stops at the first absent descriptor above the lowest level, and from the first larger leaf on clears the rest.
     */
    private void clear(long table, Level level) {
        if (level.isLowest()) {
            words.storeRun(table, 0, 0, level.entries);
            tables.sync(table, level.entries);
            return;
        }
        for (long i = 0; i < level.entries; i++) {
            long raw = words.load(table + (i << shape.wordLg2));
            if (level.isTable(raw)) {
                clear(shape.tableAddress.read(raw), level.below);
            } else {
                if (raw != 0) {
                    clearRest(table, level, i);
                }
                return;
            }
        }
    }

    private void clearRest(long table, Level level, long from) {
        for (long i = from; i < level.entries; i++) {
            long slot = table + (i << shape.wordLg2);
            long raw = words.load(slot);
            if (!level.isTable(raw)) {
                words.store(slot, 0);
            } else if (losesTables) {
                words.store(slot, 0);
                tables.lose(raw, level);
            }
        }
        tables.sync(table + (from << shape.wordLg2), level.entries - from);
    }

    /** Unlinks every table below one, lower ones first. */
    private void collect(long table, Level level, IotlbGather freed) {
        if (level.isLowest()) {
            return;
        }
        for (long i = 0; i < level.entries; i++) {
            long slot = table + (i << shape.wordLg2);
            long raw = words.load(slot);
            if (level.isTable(raw)) {
                long below = shape.tableAddress.read(raw);
                collect(below, level.below, freed);
                words.store(slot, 0);
                tables.sync(slot, 1);
                tables.retireAlone(below, level.below, freed);
            }
        }
    }
}
