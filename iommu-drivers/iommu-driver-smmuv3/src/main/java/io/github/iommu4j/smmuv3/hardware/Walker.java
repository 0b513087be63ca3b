package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.smmuv3.hardware.FetchObserver.Purpose;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Walks VMSAv8-64 translation tables of both stages (IHI 0070 §3.4, §7.3.13-16; Arm ARM D8), and fills the IOTLB with
 * what it finds.
 *
 * <p>Faults come in the specification's order: at each level external abort, F_TRANSLATION, F_ADDR_SIZE; at the leaf
 * F_ACCESS, then F_PERMISSION; nested, the whole stage-2 sequence of a stage-1 descriptor's address before that
 * descriptor, and stage 1's permission before stage 2 of the final address. Answers are {@link TlbWord}s or {@link
 * FaultWord}s; nothing is allocated. Thread-safe.
 *
 * <p>Hardware update (§3.13): a leaf that permits the access has its access flag set, and is made dirty by a write, before
 * the walk goes on; a leaf that was changed meanwhile is walked to again. The update of a stage-1 descriptor is a write at
 * stage 2. An access that is not permitted updates nothing at the stage that says so. A clean page is cached without the
 * right to write, so that the first write comes back here.
 *
 * <p>Inside, a <em>leaf</em> is a block or page descriptor with its level in bits 1:0 and, at stage 1, the attributes
 * of the tables above it folded in; its DBM bit says that it is clean. Bit 63 is clear: a negative number is a fault.
 * A number whose bits 1:0 are 0 is the address of a descriptor that changed during its update.
 */
final class Walker {

    private static final long NOT_GLOBAL = 1L << 11;
    private static final long READ_ONLY = 1L << 7;
    private static final long USER = 1L << 6;
    private static final int PXN_SHIFT = 53;
    private static final int HIERARCHY_SHIFT = 59;
    private static final int NO_USER_TABLE = 4;
    private static final int READ_ONLY_TABLE = 8;

    /** A descriptor that changes more often than this during its update counts as one that cannot be updated. */
    private static final int MOST_WALKS = 64;

    private final PhysicalMemory memory;
    private final Iotlb tlb;
    private final Counters counters;
    private final TableUpdates updates;

    private final @Nullable FetchObserver observer;

    /** A walker that translates. */
    Walker(PhysicalMemory memory, Iotlb tlb, Counters counters, TableUpdates updates) {
        this(memory, tlb, counters, updates, null);
    }

    /** A walker that explains what it does, too. */
    Walker(
            PhysicalMemory memory,
            Iotlb tlb,
            Counters counters,
            TableUpdates updates,
            @Nullable FetchObserver observer) {
        this.memory = memory;
        this.tlb = tlb;
        this.counters = counters;
        this.updates = updates;
        this.observer = observer;
    }

    /**
     * Translates through stage 1, and through stage 2 where the stream has one.
     *
     * @param seen the epoch before the first read of this translation
     * @param address an address its half of the address space admits
     * @param demand what the access needs and does, as {@link Demand}
     */
    long throughStage1(long seen, StreamConfig config, long address, int demand) {
        long leaf = stage1Leaf(seen, config, address, demand);
        if (leaf < 0) {
            return leaf;
        }
        long answer = ofStage1(config, address, leaf);
        int sizeLg2 = TlbWord.sizeLg2(answer);
        if (config.stageTwo != null) {
            int behind = Demand.behind(demand, TlbWord.permissions(answer));
            answer = joined(seen, config.stageTwo, answer, TlbWord.pa(answer, address), behind);
            if (answer < 0) {
                return answer;
            }
        }
        long tag = (leaf & NOT_GLOBAL) != 0 ? config.tag : config.globalTag;
        int granuleLg2 = Objects.requireNonNull(config.half(address).table).granuleLg2;
        int level = TableFormat.level(leaf);
        tlb.insert(seen, TlbKey.of(address, TlbWord.sizeLg2(answer), sizeLg2, level, granuleLg2), tag, answer);
        return answer;
    }

    /** Stage 1 of a nested stream alone: an IPA, which no cache keeps. */
    long stage1Only(long seen, StreamConfig config, long address, int demand) {
        long leaf = stage1Leaf(seen, config, address, demand);
        return leaf < 0 ? leaf : ofStage1(config, address, leaf);
    }

    private static long ofStage1(StreamConfig config, long address, long leaf) {
        TableFormat table = Objects.requireNonNull(config.half(address).table);
        int sizeLg2 = table.sizeLg2(TableFormat.level(leaf));
        int permissions = asCached(leaf, stage1Permissions(table, leaf));
        return TlbWord.of(table.output(leaf, sizeLg2), sizeLg2, permissions, MemoryTypes.stage1(config.mair, leaf));
    }

    /**
     * Translates through stage 2 only.
     *
     * @param seen the epoch before the first read of this translation
     * @param ipa an address below the input address size
     * @param demand what the access needs and does, as {@link Demand}
     */
    long throughStage2(long seen, StreamConfig config, long ipa, int demand) {
        StageTwo two = Objects.requireNonNull(config.stageTwo);
        if (observer != null) {
            observer.stage2Of(Purpose.ACCESS, 0, ipa);
        }
        long leaf = stage2Leaf(seen, two, ipa, FaultWord.STAGE2_INPUT, demand);
        if (leaf < 0) {
            return leaf;
        }
        int permissions = asCached(leaf, stage2Permissions(two.table(), leaf));
        int level = TableFormat.level(leaf);
        int sizeLg2 = two.table().sizeLg2(level);
        int attributes = stage2Attributes(two, leaf, config.stream.attributes());
        long answer = TlbWord.of(two.table().output(leaf, sizeLg2), sizeLg2, permissions, attributes);
        tlb.insert(seen, TlbKey.of(ipa, sizeLg2, sizeLg2, level, two.table().granuleLg2), config.tag, answer);
        return answer;
    }

    /** The physical address of an L1CD or CD of a nested stream, or a fault. */
    long contextAddress(long seen, StageTwo two, long ipa, Purpose purpose) {
        if (observer != null) {
            observer.stage2Of(purpose, 0, ipa);
        }
        return fetchAddress(seen, two, ipa, FaultWord.STAGE2_CONTEXT, Demand.TABLE_READ);
    }

    /** Stage 2 of the address stage 1 gave, combined with what stage 1 gave: the smaller size, the common rights. */
    private long joined(long seen, StageTwo two, long first, long ipa, int demand) {
        if (observer != null) {
            observer.stage2Of(Purpose.ACCESS, 0, ipa);
        }
        long leaf = stage2Leaf(seen, two, ipa, FaultWord.STAGE2_INPUT, demand);
        if (leaf < 0) {
            return leaf;
        }
        int permissions = asCached(leaf, stage2Permissions(two.table(), leaf));
        int leafLg2 = two.table().sizeLg2(TableFormat.level(leaf));
        int sizeLg2 = Math.min(leafLg2, TlbWord.sizeLg2(first));
        long page = two.table().output(leaf, leafLg2) | ipa & (1L << leafLg2) - (1L << sizeLg2);
        int attributes = stage2Attributes(two, leaf, TlbWord.attributeBits(first));
        return TlbWord.of(page, sizeLg2, permissions & TlbWord.permissions(first), attributes);
    }

    /** A leaf of stage 1 that permits what is demanded, or a fault. */
    private long stage1Leaf(long seen, StreamConfig config, long address, int demand) {
        long leaf = stage1Walk(seen, config, address, demand);
        for (int walks = 1; isChanged(leaf); walks++) {
            if (walks == MOST_WALKS) {
                return FaultWord.externalAbort(FaultWord.STAGE1_TABLE, leaf);
            }
            leaf = stage1Walk(seen, config, address, demand);
        }
        return leaf;
    }

    private long stage1Walk(long seen, StreamConfig config, long address, int demand) {
        AddressHalf half = config.half(address);
        TableFormat table = Objects.requireNonNull(half.table);
        if (config.stageTwo != null || observer != null || !table.isPlain()) {
            return stage1Walk(seen, config.stageTwo, half, table, address, demand, table.start(address));
        }
        long start = PageChase.follow(memory, table, address);
        if (WalkPlace.level(start) == TableFormat.LAST_LEVEL && !table.updatesAccessFlag) {
            counters.add(Counters.DESCRIPTOR, TableFormat.LAST_LEVEL - table.startLevel + 1);
            int hierarchy = WalkPlace.hierarchy(start) & half.hierarchy;
            long at = WalkPlace.address(start);
            try {
                return stage1Found(table, memory.load64(at), TableFormat.LAST_LEVEL, hierarchy, demand);
            } catch (BusErrorException e) {
                return FaultWord.externalAbort(FaultWord.STAGE1_TABLE, at);
            }
        }
        return stage1Walk(seen, null, half, table, address, demand, start);
    }

    private long stage1Walk(
            long seen,
            @Nullable StageTwo two,
            AddressHalf half,
            TableFormat table,
            long address,
            int demand,
            long start) {
        int level = WalkPlace.level(start);
        int hierarchy = WalkPlace.hierarchy(start);
        long at = WalkPlace.address(start);
        int fetched = level - table.startLevel;
        long result;
        try {
            while (true) {
                long ipa = at;
                if (two != null) {
                    at = descriptorAddress(seen, two, ipa, level);
                    if (at < 0) {
                        result = at;
                        break;
                    }
                }
                fetched++;
                long descriptor = load(at, table);
                if (observer != null) {
                    observer.stage1(at, descriptor, level, table);
                }
                if (!TableFormat.isTable(descriptor, level)) {
                    result = stage1Found(table, descriptor, level, hierarchy & half.hierarchy, demand);
                    if (result >= 0 && table.updatesAccessFlag) {
                        result = stage1Updated(seen, two, table, ipa, at, descriptor, result, demand);
                    }
                    break;
                }
                long next = table.address(descriptor);
                if (table.isBeyondOutput(next)) {
                    result = FaultWord.ofWalk(FaultWord.F_ADDR_SIZE, FaultWord.STAGE1_INPUT, 0);
                    break;
                }
                hierarchy |= (int) (descriptor >>> HIERARCHY_SHIFT);
                level++;
                at = next | table.index(address, level) << 3;
            }
        } catch (BusErrorException e) {
            result = aborted(Purpose.STAGE1_DESCRIPTOR, level, at, FaultWord.STAGE1_TABLE);
        }
        counters.add(Counters.DESCRIPTOR, fetched);
        return result;
    }

    /** A leaf of stage 2 that permits what is demanded, or a fault. */
    private long stage2Leaf(long seen, StageTwo two, long ipa, long where, int demand) {
        if (ipa >>> two.table().inputBits != 0) {
            return FaultWord.ofWalk(FaultWord.F_TRANSLATION, where, ipa);
        }
        long leaf = stage2Walk(seen, two, ipa, where, demand);
        for (int walks = 1; isChanged(leaf); walks++) {
            if (walks == MOST_WALKS) {
                return FaultWord.externalAbort(where, leaf);
            }
            leaf = stage2Walk(seen, two, ipa, where, demand);
        }
        return leaf;
    }

    private long stage2Walk(long seen, StageTwo two, long ipa, long where, int demand) {
        TableFormat table = two.table();
        if (observer != null || !table.isPlain()) {
            return stage2Walk(seen, two, ipa, where, demand, table.start(ipa));
        }
        long start = PageChase.follow(memory, table, ipa);
        if (WalkPlace.level(start) == TableFormat.LAST_LEVEL && !table.updatesAccessFlag) {
            counters.add(Counters.DESCRIPTOR, TableFormat.LAST_LEVEL - table.startLevel + 1);
            long at = WalkPlace.address(start);
            try {
                return stage2Found(two, memory.load64(at), TableFormat.LAST_LEVEL, ipa, where, demand);
            } catch (BusErrorException e) {
                return FaultWord.externalAbort(where, at);
            }
        }
        return stage2Walk(seen, two, ipa, where, demand, start);
    }

    private long stage2Walk(long seen, StageTwo two, long ipa, long where, int demand, long start) {
        TableFormat table = two.table();
        int level = WalkPlace.level(start);
        long at = WalkPlace.address(start);
        long result;
        try {
            while (true) {
                long descriptor = load(at, table);
                if (observer != null) {
                    observer.stage2(at, descriptor, level, table);
                }
                if (!TableFormat.isTable(descriptor, level)) {
                    result = stage2Found(two, descriptor, level, ipa, where, demand);
                    if (result >= 0 && table.updatesAccessFlag) {
                        result = stage2Updated(seen, table, at, descriptor, result, demand);
                    }
                    break;
                }
                long next = table.address(descriptor);
                if (table.isBeyondOutput(next)) {
                    result = FaultWord.ofWalk(FaultWord.F_ADDR_SIZE, where, ipa);
                    break;
                }
                level++;
                at = next | table.index(ipa, level) << 3;
            }
        } catch (BusErrorException e) {
            result = aborted(Purpose.STAGE2_DESCRIPTOR, level, at, where);
        }
        counters.add(Counters.DESCRIPTOR, level - table.startLevel + 1);
        return result;
    }

    /** A descriptor that is not a table: F_TRANSLATION and F_ADDR_SIZE. */
    private static long leaf(TableFormat table, long descriptor, int level, long ipa, long where) {
        if (!table.isLeaf(descriptor, level)) {
            return FaultWord.ofWalk(FaultWord.F_TRANSLATION, where, ipa);
        }
        if (table.isBeyondOutput(table.output(descriptor, table.sizeLg2(level)))) {
            return FaultWord.ofWalk(FaultWord.F_ADDR_SIZE, where, ipa);
        }
        return TableFormat.withLevel(table.writable(descriptor), level);
    }

    /** A descriptor of stage 1 that is not a table: a leaf that permits what is demanded, or a fault. */
    private static long stage1Found(TableFormat table, long descriptor, int level, int hierarchy, int demand) {
        long found = leaf(table, descriptor, level, 0, FaultWord.STAGE1_INPUT);
        if (found < 0) {
            return found;
        }
        long leaf = folded(found, hierarchy);
        if (table.faultsOnAccess(leaf)) {
            return FaultWord.ofWalk(FaultWord.F_ACCESS, FaultWord.STAGE1_INPUT, 0);
        }
        int missing = Demand.need(demand) & ~stage1Permissions(table, leaf);
        return missing == 0 ? leaf : FaultWord.permission(FaultWord.STAGE1_INPUT, 0, missing);
    }

    /** The same of stage 2. What the SMMU reads for itself must not be of protected Device memory (§5.2, S2PTW). */
    private static long stage2Found(StageTwo two, long descriptor, int level, long ipa, long where, int demand) {
        TableFormat table = two.table();
        long leaf = leaf(table, descriptor, level, ipa, where);
        if (leaf < 0) {
            return leaf;
        }
        if (table.faultsOnAccess(leaf)) {
            return FaultWord.ofWalk(FaultWord.F_ACCESS, where, ipa);
        }
        int missing = Demand.need(demand) & ~stage2Permissions(table, leaf);
        if (where != FaultWord.STAGE2_INPUT
                && two.protectsWalks()
                && MemoryTypes.isStage2Device(memAttr(leaf), two.forcedWriteBack())) {
            missing |= Permissions.READ;
        }
        return missing == 0 ? leaf : FaultWord.permission(where, ipa, missing);
    }

    /** Rights as a translation gives them: a write to a clean page has to come back. */
    private static int asCached(long leaf, int permissions) {
        return TableFormat.isClean(leaf) ? permissions & ~Permissions.ANY_WRITE : permissions;
    }

    private static boolean isChanged(long leaf) {
        return leaf >= 0 && (leaf & 3) == 0;
    }

    /**
     * A leaf of stage 1 after the update it needs, if any: written where stage 2 lets the descriptor be written. These two are
     * methods of their own, whatever they take, so that the walks stay small enough to be inlined.
     */
    private long stage1Updated(
            long seen,
            @Nullable StageTwo two,
            TableFormat table,
            long ipa,
            long at,
            long descriptor,
            long leaf,
            int demand) {
        boolean dirties = TableFormat.isClean(leaf) && Demand.writes(demand, stage1Permissions(table, leaf));
        long wanted = TableFormat.updated(descriptor, dirties);
        if (wanted == descriptor) {
            return leaf;
        }
        long target = two == null ? at : updateAddress(seen, two, ipa, TableFormat.level(leaf));
        return target < 0 ? target : replaced(seen, table, target, descriptor, wanted, leaf);
    }

    private long stage2Updated(long seen, TableFormat table, long at, long descriptor, long leaf, int demand) {
        boolean dirties = TableFormat.isClean(leaf) && Demand.writes(demand, stage2Permissions(table, leaf));
        long wanted = TableFormat.updated(descriptor, dirties);
        return wanted == descriptor ? leaf : replaced(seen, table, at, descriptor, wanted, leaf);
    }

    /** Writes an updated leaf descriptor; the answer is the leaf as it is then. */
    private long replaced(long seen, TableFormat table, long at, long descriptor, long wanted, long leaf) {
        if (observer != null) {
            observer.update(at, descriptor, wanted);
        }
        long after = TableFormat.isDirtying(descriptor, wanted) ? TableFormat.dirtied(leaf) : leaf;
        return switch (updates.replace(seen, at, inOrder(descriptor, table), inOrder(wanted, table))) {
            case DONE -> after;
            case CHANGED -> at;
            case STALE -> FaultWord.abort();
        };
    }

    private long descriptorAddress(long seen, StageTwo two, long ipa, int level) {
        if (observer != null) {
            observer.stage2Of(Purpose.STAGE1_DESCRIPTOR, level, ipa);
        }
        return fetchAddress(seen, two, ipa, FaultWord.STAGE2_TABLE, Demand.TABLE_READ);
    }

    private long updateAddress(long seen, StageTwo two, long ipa, int level) {
        if (observer != null) {
            observer.stage2Of(Purpose.STAGE1_UPDATE, level, ipa);
        }
        return fetchAddress(seen, two, ipa, FaultWord.STAGE2_TABLE, Demand.TABLE_WRITE);
    }

    /** Stage 2 of the SMMU's own access to a structure or table. */
    private long fetchAddress(long seen, StageTwo two, long ipa, long where, int demand) {
        long leaf = stage2Leaf(seen, two, ipa, where, demand);
        if (leaf < 0) {
            return leaf;
        }
        TableFormat table = two.table();
        int sizeLg2 = table.sizeLg2(TableFormat.level(leaf));
        return table.output(leaf, sizeLg2) | ipa & (1L << sizeLg2) - 1;
    }

    private long load(long at, TableFormat table) {
        return inOrder(memory.load64(at), table);
    }

    private static long inOrder(long raw, TableFormat table) {
        return table.bigEndian ? Long.reverseBytes(raw) : raw;
    }

    private long aborted(Purpose purpose, int level, long at, long where) {
        if (observer != null) {
            observer.aborted(purpose, level, at);
        }
        return FaultWord.externalAbort(where, at);
    }

    /** A leaf descriptor with APTable, UXNTable and PXNTable of the tables above it applied (Arm ARM D8.4). */
    private static long folded(long descriptor, int hierarchy) {
        if (hierarchy == 0) {
            return descriptor;
        }
        long result = descriptor | (long) (hierarchy & 3) << PXN_SHIFT;
        if ((hierarchy & READ_ONLY_TABLE) != 0) {
            result |= READ_ONLY;
        }
        return (hierarchy & NO_USER_TABLE) != 0 ? result & ~USER : result;
    }

    private static int stage1Permissions(TableFormat table, long leaf) {
        int readOnly = (leaf & READ_ONLY) != 0 ? Permissions.READ_ONLY : 0;
        int user = (leaf & USER) != 0 ? Permissions.USER : 0;
        return table.permissions[(int) (leaf >>> PXN_SHIFT) & 3 | readOnly | user];
    }

    private static int stage2Permissions(TableFormat table, long leaf) {
        return table.permissions[(int) (leaf >>> 6) & 3 | ((int) (leaf >>> PXN_SHIFT) & 3) << 2];
    }

    private static int stage2Attributes(StageTwo two, long leaf, int attributes) {
        return MemoryTypes.stage2(attributes, memAttr(leaf), (int) (leaf >>> 8) & 3, two.forcedWriteBack());
    }

    private static int memAttr(long leaf) {
        return (int) (leaf >>> 2) & 15;
    }
}
