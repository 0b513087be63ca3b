package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.trace.KernelLog;

/** Writes leaves. The paths here are hot: what is known is passed as numbers, nothing is allocated. */
final class Mapper {

    private static final BitPattern FREE = new BitPattern(-1, 0);

    private final TableShape shape;
    private final DescriptorWords words;
    private final Tables tables;
    private final KernelLog log;
    private final long root;
    private final boolean pageByPage;
    private final boolean oneByOne;

    Mapper(TableShape shape, DescriptorWords words, Tables tables, PageTableEnvironment environment) {
        this.shape = shape;
        this.words = words;
        this.tables = tables;
        this.log = environment.log();
        this.root = tables.root();
        this.pageByPage = shape.pageByPage;
        this.oneByOne = shape.pageByPage && !shape.coherent;
    }

    /** Maps pages that have been checked: as many as the rule for runs says. */
    void map(long iova, long pa, Leaf leaf, long count, long attributes, MapProgress progress) {
        if (count == 1 && !leaf.isGroup()) {
            mapOne(iova, pa, leaf, attributes);
            progress.add(leaf.size);
        } else {
            mapMany(iova, pa, leaf, count, attributes, progress);
        }
    }

    private void mapOne(long iova, long pa, Leaf leaf, long attributes) {
        long slot = descend(iova, leaf.level);
        if (words.load(slot) != 0) {
            clearTheWay(slot, iova, leaf.level, 1);
        }
        words.store(slot, attributes | leaf.address.write(pa));
        tables.sync(slot, 1);
    }

    private void mapMany(long iova, long pa, Leaf leaf, long count, long attributes, MapProgress progress) {
        int sizeLg2 = leaf.sizeLg2;
        long done = 0;
        do {
            long bytes = done << sizeLg2;
            long pages = mapInOneTable(iova + bytes, pa + bytes, leaf, count - done, attributes);
            progress.add(pages << sizeLg2);
            done += pages;
        } while (pageByPage && done < count);
    }

    private long mapInOneTable(long iova, long pa, Leaf leaf, long count, long attributes) {
        Level level = leaf.level;
        int groupLg2 = leaf.groupLg2;
        long slot = descend(iova, level);
        long pages = oneByOne || count == 1 ? 1 : Math.min(count, level.room(iova) >>> groupLg2);
        long free = freePages(slot, pages, groupLg2);
        if (free < pages) {
            if (pageByPage) {
                pages = Math.max(free, 1);
            }
            if (free < pages) {
                clearTheWay(slot, iova, level, pages << groupLg2);
            }
        }
        write(slot, pa, leaf, pages, attributes);
        return pages;
    }

    private long freePages(long slot, long pages, int groupLg2) {
        long count = pages << groupLg2;
        return count == 1 ? words.load(slot) == 0 ? 1 : 0 : words.matching(slot, count, FREE) >>> groupLg2;
    }

    /** The slot of an address in a level; tables that are missing on the way to it are made. */
    long descend(long iova, Level level) {
        PhysicalMemory memory = words.memory;
        boolean wide = words.wide;
        AddressField next = shape.tableAddress;
        long table = root;
        Level at = shape.top;
        while (at != level) {
            long slot = at.slot(table, iova);
            long raw = DescriptorWords.load(memory, wide, slot);
            if (at.isTable(raw)) {
                tables.syncUnlessMarked(slot, raw);
                table = next.read(raw);
            } else {
                table = makeTable(slot, iova, at);
            }
            at = at.below;
        }
        return level.slot(table, iova);
    }

    /** Makes a table and publishes it; if somebody else was faster, theirs is as good. */
    private long makeTable(long slot, long iova, Level level) {
        while (true) {
            long raw = words.load(slot);
            if (level.isTable(raw)) {
                return shape.tableAddress.read(raw);
            }
            if (raw != 0) {
                tables.syncUnlessMarked(slot, raw);
                throw occupied(iova, raw, level);
            }
            long table = tables.allocate(level.below);
            if (tables.publish(slot, 0, table, level)) {
                return table;
            }
            tables.free(table, level.below);
        }
    }

    /** Tables in the way of leaves are dismantled, also when a leaf is met after them; leaves are not. */
    private void clearTheWay(long firstSlot, long iova, Level level, long count) {
        for (long i = 0; i < count; i++) {
            long slot = firstSlot + (i << shape.wordLg2);
            long raw = words.load(slot);
            long at = iova + i * level.span;
            if (level.isTable(raw)) {
                words.store(slot, 0);
                tables.sync(slot, 1);
                tables.dismantle(raw, at, level, null);
            } else if (raw != 0) {
                throw occupied(at, raw, level);
            }
        }
    }

    private void write(long slot, long pa, Leaf leaf, long pages, long attributes) {
        AddressField address = leaf.address;
        int groupLg2 = leaf.groupLg2;
        if (groupLg2 != 0) {
            writeGroups(slot, pa, leaf, pages, attributes);
        } else if (pages == 1) {
            words.store(slot, attributes | address.write(pa));
        } else {
            writeRun(slot, pa, leaf, pages, attributes);
        }
        tables.sync(slot, pages << groupLg2);
    }

    private void writeRun(long slot, long pa, Leaf leaf, long pages, long attributes) {
        AddressField address = leaf.address;
        int sizeLg2 = leaf.sizeLg2;
        long step = address.write(leaf.size);
        for (long done = 0; done < pages; ) {
            long at = pa + (done << sizeLg2);
            long run = Math.min(pages - done, address.uniformRun(at, sizeLg2));
            words.storeRun(slot + (done << shape.wordLg2), attributes | address.write(at), step, run);
            done += run;
        }
    }

    private void writeGroups(long slot, long pa, Leaf leaf, long pages, long attributes) {
        AddressField address = leaf.address;
        int groupLg2 = leaf.groupLg2;
        int sizeLg2 = leaf.sizeLg2;
        for (long page = 0; page < pages; page++) {
            long descriptor = attributes | address.write(pa + (page << sizeLg2));
            words.storeRun(slot + (page << groupLg2 + shape.wordLg2), descriptor, 0, 1L << groupLg2);
        }
    }

    private IommuException occupied(long iova, long raw, Level level) {
        String problem =
                String.format("descriptor 0x%x of level %d is in the way at iova 0x%x", raw, level.number, iova);
        log.warnOn(true, problem);
        return new IommuException(Errno.EEXIST, problem);
    }
}
