package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tables of one page table: taken from the allocator, published in a descriptor, freed with all below. */
final class Tables {

    private final TableShape shape;
    private final DescriptorWords words;
    private final PageAllocator allocator;
    private final CacheMaintenance caches;
    private final TlbInvalidation tlb;
    private final KernelLog log;
    private final LiveTables live;
    private final LiveTables waiting;
    private final boolean coherent;
    private final boolean syncsOnUse;
    private final long granule;
    private final long root;

    /** Takes the root. */
    Tables(TableShape shape, DescriptorWords words, PageTableEnvironment environment) {
        this.shape = shape;
        this.words = words;
        this.allocator = environment.allocator();
        this.caches = environment.caches();
        this.tlb = environment.tlb();
        this.log = environment.log();
        this.live = new LiveTables(environment.locking());
        this.waiting = new LiveTables(environment.locking());
        this.coherent = shape.coherent;
        this.syncsOnUse = !coherent && shape.format.runRule() != RunRule.WHOLE_RANGE;
        this.granule = 1L << shape.format.granuleLg2();
        this.root = allocate(shape.top);
    }

    long root() {
        return root;
    }

    /**
     * Takes a table of zeros, which nothing points to yet.
     *
     * @throws IommuException {@code ENOMEM} when there is none, or none where the walker finds it
     */
    long allocate(Level level) {
        long table = allocator.allocate(level.allocation, level.allocation);
        if (!isReachable(table, level)) {
            allocator.free(table, level.allocation);
            String problem = String.format(
                    "a page table at 0x%x does not fit in %d bits and its descriptor",
                    table, shape.format.tableAddressBits());
            log.print(KernelLog.Level.ERR, problem);
            throw new IommuException(Errno.ENOMEM, problem);
        }
        if (!coherent) {
            mapForWalker(table, level);
        }
        live.add(table, level.number);
        return table;
    }

    private boolean isReachable(long table, Level level) {
        return isWithin(table, shape.format.tableAddressBits())
                && (level == shape.top || shape.tableAddress.holds(table));
    }

    private static boolean isWithin(long address, int bits) {
        return bits == Long.SIZE || address >>> bits == 0;
    }

    private void mapForWalker(long table, Level level) {
        try {
            caches.map(table, level.tableBytes);
        } catch (IommuException refusal) {
            allocator.free(table, level.allocation);
            throw refusal;
        }
    }

    /** Writes descriptors back where the walker does not snoop. */
    void sync(long at, long count) {
        if (!coherent) {
            caches.sync(at, count << shape.wordLg2);
        }
    }

    /**
     * Lets a descriptor point to a table, if it still is what it was.
     *
     * @return whether it was; if not, the table still belongs to the caller
     */
    boolean publish(long at, long expected, long table, Level level) {
        long descriptor = level.tableAttributes | shape.tableAddress.write(table);
        boolean won = words.compareAndSet(at, expected, descriptor);
        if (coherent) {
            return won;
        }
        if (won) {
            sync(at, 1);
            if (shape.syncedBit != 0) {
                words.store(at, descriptor | shape.syncedBit);
            }
        } else {
            syncUnlessMarked(at, words.load(at));
        }
        return won;
    }

    /** Whoever published a descriptor may not have come to writing it back: its user makes sure. */
    void syncUnlessMarked(long at, long descriptor) {
        if (syncsOnUse && (descriptor & shape.syncedBit) == 0) {
            sync(at, 1);
        }
    }

    /** Frees one table, which nothing points to any more. */
    void free(long table, Level level) {
        if (live.remove(table, level.number)) {
            giveBack(table, level);
        }
    }

    private void giveBack(long table, Level level) {
        if (!coherent) {
            caches.unmap(table, level.tableBytes);
        }
        allocator.free(table, level.allocation);
    }

    /**
     * What a descriptor pointed to, which has been cleared, goes: the walker forgets it, then the table is freed with
     * all below it, lower ones first. Or all that waits until the gather is synced.
     *
     * @param descriptor what the descriptor was
     * @param iova the first address it was for
     * @param level its level
     * @param gather takes the tables if they wait; {@code null} if they cannot
     */
    void dismantle(long descriptor, long iova, Level level, @Nullable IotlbGather gather) {
        IotlbGather waitingRoom = shape.format.freedTables() == FreedTables.AFTER_SYNC ? gather : null;
        if (waitingRoom == null) {
            tlb.flushWalk(iova, level.span, granule);
        }
        warnOfStrange(freeTree(shape.tableAddress.read(descriptor), level.below, waitingRoom));
    }

    /** What a descriptor pointed to waits in a gather, higher tables first, and nothing is invalidated yet. */
    void retire(long descriptor, Level level, IotlbGather gather) {
        warnOfStrange(freeTree(shape.tableAddress.read(descriptor), level.below, gather));
    }

    /** One table waits in a gather, without what is below it. */
    void retireAlone(long table, Level level, IotlbGather gather) {
        if (live.remove(table, level.number)) {
            waiting.add(table, level.number);
            gather.addFreedTable(table);
        }
    }

    /** What a descriptor points to is nobody's any more, and never freed. */
    void lose(long descriptor, Level level) {
        IotlbGather lost = new IotlbGather();
        retire(descriptor, level, lost);
        lost.freedTables().forEach(this::takeOut);
    }

    /** Frees tables that waited. */
    void freeGathered(List<Long> tables) {
        for (long table : tables) {
            giveBack(table, takeOut(table));
        }
    }

    private Level takeOut(long table) {
        Level level = shape.top;
        while (!waiting.remove(table, level.number)) {
            if (level.isLowest()) {
                throw new AssertionError("no table at 0x" + Long.toHexString(table) + " waits to be freed");
            }
            level = level.below;
        }
        return level;
    }

    /** Frees every table. */
    void freeAll() {
        int strange = freeTree(root, shape.top, null);
        freeRest(waiting);
        int lost = freeRest(live);
        warnOfStrange(strange);
        if (lost != 0) {
            log.warnOn(true, lost + " page tables were not reachable from the root");
        }
    }

    private int freeRest(LiveTables rest) {
        long[] keys = rest.sorted();
        for (long key : keys) {
            Level level = levelOf(key);
            rest.remove(LiveTables.table(key), level.number);
            giveBack(LiveTables.table(key), level);
        }
        return keys.length;
    }

    private Level levelOf(long key) {
        Level level = shape.top;
        while (level.number != LiveTables.level(key)) {
            level = level.below;
        }
        return level;
    }

    private void warnOfStrange(int strange) {
        if (strange != 0) {
            log.warnOn(true, strange + " descriptors pointed to what is no page table of their level");
        }
    }

    /** Frees a table and all below it; returns how many descriptors pointed to something else than our tables. */
    private int freeTree(long table, Level level, @Nullable IotlbGather waitingRoom) {
        if (!live.remove(table, level.number)) {
            return 1;
        }
        if (waitingRoom != null) {
            waiting.add(table, level.number);
            waitingRoom.addFreedTable(table);
        }
        int strange = level.isLowest() ? 0 : freeBelow(table, level, waitingRoom);
        if (waitingRoom == null) {
            giveBack(table, level);
        }
        return strange;
    }

    private int freeBelow(long table, Level level, @Nullable IotlbGather waitingRoom) {
        int strange = 0;
        long end = table + level.tableBytes;
        for (long at = table; at < end; at += 1L << shape.wordLg2) {
            long raw = loadOrAbsent(at);
            if (level.isTable(raw)) {
                strange += freeTree(shape.tableAddress.read(raw), level.below, waitingRoom);
            }
        }
        return strange;
    }

    private long loadOrAbsent(long at) {
        try {
            return words.load(at);
        } catch (BusErrorException nothingThere) {
            return 0;
        }
    }
}
