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
 * <p>Inside, a <em>leaf</em> is a block or page descriptor with its level in bits 1:0 and, at stage 1, the attributes
 * of the tables above it folded in. Bit 63 is clear: a negative number is a fault.
 */
final class Walker {

    private static final long NOT_GLOBAL = 1L << 11;
    private static final long READ_ONLY = 1L << 7;
    private static final long USER = 1L << 6;
    private static final int PXN_SHIFT = 53;
    private static final int HIERARCHY_SHIFT = 59;
    private static final int NO_USER_TABLE = 4;
    private static final int READ_ONLY_TABLE = 8;

    private final PhysicalMemory memory;
    private final Iotlb tlb;
    private final Counters counters;
    private final @Nullable FetchObserver observer;

    Walker(PhysicalMemory memory, Iotlb tlb, Counters counters, @Nullable FetchObserver observer) {
        this.memory = memory;
        this.tlb = tlb;
        this.counters = counters;
        this.observer = observer;
    }

    /**
     * Translates through stage 1, and through stage 2 where the stream has one.
     *
     * @param seen the epoch before the first read of this translation
     * @param address an address its half of the address space admits
     * @param need the permission bits the access needs
     */
    long throughStage1(long seen, StreamConfig config, long address, int need) {
        AddressHalf half = config.half(address);
        TableFormat table = Objects.requireNonNull(half.table);
        long leaf = stage1Leaf(config.stageTwo, table, address, half.hierarchy);
        if (leaf < 0) {
            return leaf;
        }
        if (table.faultsOnAccess(leaf)) {
            return FaultWord.ofWalk(FaultWord.F_ACCESS, FaultWord.STAGE1_INPUT, 0);
        }
        int permissions = stage1Permissions(table, leaf);
        if ((permissions & need) != need) {
            return FaultWord.permission(FaultWord.STAGE1_INPUT, 0, need & ~permissions);
        }
        int level = TableFormat.level(leaf);
        int sizeLg2 = table.sizeLg2(level);
        long answer =
                TlbWord.of(table.output(leaf, sizeLg2), sizeLg2, permissions, MemoryTypes.stage1(config.mair, leaf));
        if (config.stageTwo != null) {
            answer = joined(config.stageTwo, answer, TlbWord.pa(answer, address), need);
            if (answer < 0) {
                return answer;
            }
        }
        long tag = (leaf & NOT_GLOBAL) != 0 ? config.tag : config.globalTag;
        long key = TlbKey.of(address, TlbWord.sizeLg2(answer), sizeLg2, level, table.granuleLg2);
        tlb.insert(seen, key, tag, answer);
        return answer;
    }

    /** Stage 1 of a nested stream alone, whatever it permits: an IPA, which no cache keeps. */
    long stage1Only(StreamConfig config, long address) {
        AddressHalf half = config.half(address);
        TableFormat table = Objects.requireNonNull(half.table);
        long leaf = stage1Leaf(config.stageTwo, table, address, half.hierarchy);
        if (leaf < 0) {
            return leaf;
        }
        if (table.faultsOnAccess(leaf)) {
            return FaultWord.ofWalk(FaultWord.F_ACCESS, FaultWord.STAGE1_INPUT, 0);
        }
        int sizeLg2 = table.sizeLg2(TableFormat.level(leaf));
        int permissions = stage1Permissions(table, leaf);
        return TlbWord.of(table.output(leaf, sizeLg2), sizeLg2, permissions, MemoryTypes.stage1(config.mair, leaf));
    }

    /**
     * Translates through stage 2 only.
     *
     * @param seen the epoch before the first read of this translation
     * @param ipa an address below the input address size
     * @param need the permission bits the access needs
     */
    long throughStage2(long seen, StreamConfig config, long ipa, int need) {
        StageTwo two = Objects.requireNonNull(config.stageTwo);
        if (observer != null) {
            observer.stage2Of(Purpose.ACCESS, 0, ipa);
        }
        long leaf = stage2Leaf(two, ipa, FaultWord.STAGE2_INPUT);
        if (leaf < 0) {
            return leaf;
        }
        int permissions = stage2Permissions(two.table(), leaf);
        if ((permissions & need) != need) {
            return FaultWord.permission(FaultWord.STAGE2_INPUT, ipa, need & ~permissions);
        }
        int level = TableFormat.level(leaf);
        int sizeLg2 = two.table().sizeLg2(level);
        int attributes = stage2Attributes(two, leaf, config.stream.attributes());
        long answer = TlbWord.of(two.table().output(leaf, sizeLg2), sizeLg2, permissions, attributes);
        tlb.insert(seen, TlbKey.of(ipa, sizeLg2, sizeLg2, level, two.table().granuleLg2), config.tag, answer);
        return answer;
    }

    /** The physical address of an L1CD or CD of a nested stream, or a fault. */
    long contextAddress(StageTwo two, long ipa, Purpose purpose) {
        if (observer != null) {
            observer.stage2Of(purpose, 0, ipa);
        }
        return fetchAddress(two, ipa, FaultWord.STAGE2_CONTEXT);
    }

    /** Stage 2 of the address stage 1 gave, combined with what stage 1 gave: the smaller size, the common rights. */
    private long joined(StageTwo two, long first, long ipa, int need) {
        if (observer != null) {
            observer.stage2Of(Purpose.ACCESS, 0, ipa);
        }
        long leaf = stage2Leaf(two, ipa, FaultWord.STAGE2_INPUT);
        if (leaf < 0) {
            return leaf;
        }
        int permissions = stage2Permissions(two.table(), leaf);
        if ((permissions & need) != need) {
            return FaultWord.permission(FaultWord.STAGE2_INPUT, ipa, need & ~permissions);
        }
        int leafLg2 = two.table().sizeLg2(TableFormat.level(leaf));
        int sizeLg2 = Math.min(leafLg2, TlbWord.sizeLg2(first));
        long page = two.table().output(leaf, leafLg2) | ipa & (1L << leafLg2) - (1L << sizeLg2);
        int attributes = stage2Attributes(two, leaf, TlbWord.attributeBits(first));
        return TlbWord.of(page, sizeLg2, permissions & TlbWord.permissions(first), attributes);
    }

    private long stage1Leaf(@Nullable StageTwo two, TableFormat table, long address, int hierarchyMask) {
        int level = table.startLevel;
        int shift = table.startShift;
        int fetched = 0;
        int hierarchy = 0;
        long at = table.base + ((address >>> shift & table.startMask) << 3);
        long result;
        try {
            while (true) {
                if (two != null) {
                    at = descriptorAddress(two, at, level);
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
                    result = leaf(
                            table, folded(descriptor, hierarchy & hierarchyMask), level, 0, FaultWord.STAGE1_INPUT);
                    break;
                }
                long next = table.address(descriptor);
                if (table.isBeyondOutput(next)) {
                    result = FaultWord.ofWalk(FaultWord.F_ADDR_SIZE, FaultWord.STAGE1_INPUT, 0);
                    break;
                }
                hierarchy |= (int) (descriptor >>> HIERARCHY_SHIFT);
                level++;
                shift -= table.stride;
                at = next | (address >>> shift & table.indexMask) << 3;
            }
        } catch (BusErrorException e) {
            result = aborted(Purpose.STAGE1_DESCRIPTOR, level, at, FaultWord.STAGE1_TABLE);
        }
        counters.add(Counters.DESCRIPTOR, fetched);
        return result;
    }

    /** As {@link #stage1Leaf}, for stage 2; F_ACCESS included. */
    private long stage2Leaf(StageTwo two, long ipa, long where) {
        TableFormat table = two.table();
        if (ipa >>> table.inputBits != 0) {
            return FaultWord.ofWalk(FaultWord.F_TRANSLATION, where, ipa);
        }
        int level = table.startLevel;
        int shift = table.startShift;
        long at = table.base + (ipa >>> shift << 3);
        if (observer == null && table.isPlain()) {
            long reached = PageChase.follow(memory, table, ipa);
            level = (int) reached & 3;
            shift -= (level - table.startLevel) * table.stride;
            at = reached & ~3L;
        }
        long result;
        try {
            while (true) {
                long descriptor = load(at, table);
                if (observer != null) {
                    observer.stage2(at, descriptor, level, table);
                }
                if (!TableFormat.isTable(descriptor, level)) {
                    result = leaf(table, descriptor, level, ipa, where);
                    break;
                }
                long next = table.address(descriptor);
                if (table.isBeyondOutput(next)) {
                    result = FaultWord.ofWalk(FaultWord.F_ADDR_SIZE, where, ipa);
                    break;
                }
                level++;
                shift -= table.stride;
                at = next | (ipa >>> shift & table.indexMask) << 3;
            }
        } catch (BusErrorException e) {
            result = aborted(Purpose.STAGE2_DESCRIPTOR, level, at, where);
        }
        counters.add(Counters.DESCRIPTOR, level - table.startLevel + 1);
        return result >= 0 && table.faultsOnAccess(result) ? FaultWord.ofWalk(FaultWord.F_ACCESS, where, ipa) : result;
    }

    /** A descriptor that is not a table: F_TRANSLATION and F_ADDR_SIZE. */
    private static long leaf(TableFormat table, long descriptor, int level, long ipa, long where) {
        if (!table.isLeaf(descriptor, level)) {
            return FaultWord.ofWalk(FaultWord.F_TRANSLATION, where, ipa);
        }
        if (table.isBeyondOutput(table.output(descriptor, table.sizeLg2(level)))) {
            return FaultWord.ofWalk(FaultWord.F_ADDR_SIZE, where, ipa);
        }
        return TableFormat.withLevel(descriptor, level);
    }

    private long descriptorAddress(StageTwo two, long ipa, int level) {
        if (observer != null) {
            observer.stage2Of(Purpose.STAGE1_DESCRIPTOR, level, ipa);
        }
        return fetchAddress(two, ipa, FaultWord.STAGE2_TABLE);
    }

    /** Stage 2 of the SMMU's own read: a data read that must not be of protected Device memory (§5.2, S2PTW). */
    private long fetchAddress(StageTwo two, long ipa, long where) {
        long leaf = stage2Leaf(two, ipa, where);
        if (leaf < 0) {
            return leaf;
        }
        TableFormat table = two.table();
        boolean readable = (stage2Permissions(table, leaf) & Permissions.READ) != 0;
        if (!readable || two.protectsWalks() && MemoryTypes.isStage2Device(memAttr(leaf), two.forcedWriteBack())) {
            return FaultWord.permission(where, ipa, Permissions.READ);
        }
        int sizeLg2 = table.sizeLg2(TableFormat.level(leaf));
        return table.output(leaf, sizeLg2) | ipa & (1L << sizeLg2) - 1;
    }

    private long load(long at, TableFormat table) {
        long raw = memory.load64(at);
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
