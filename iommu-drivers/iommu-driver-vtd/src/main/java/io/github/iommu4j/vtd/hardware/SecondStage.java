package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.vtd.hardware.AddressSpace.SecondStageTable;
import io.github.iommu4j.vtd.layout.SecondStageEntry;
import org.jspecify.annotations.Nullable;

/**
 * The walk of second-stage tables (Intel VT-d §3.7, §9.8). What did not work is a small negative number, because its code
 * depends on what the walk was for. Allocates nothing. Thread-safe.
 */
final class SecondStage {

    /** The address has more bits than AW and MGAW allow. */
    static final int BEYOND = -1;
    /** The top table cannot be read. */
    static final int TOP_FETCH = -2;
    /** A lower table cannot be read. */
    static final int FETCH = -3;
    /** An entry grants nothing. */
    static final int NOT_PRESENT = -4;
    /** An entry lacks W. */
    static final int NO_WRITE = -5;
    /** An entry lacks R. */
    static final int NO_READ = -6;
    /** An entry lacks X. */
    static final int NO_EXECUTE = -7;
    /** Reserved bits. */
    static final int RESERVED = -8;
    /** A or D must be set, and the walk is not snooped. */
    static final int NOT_SNOOPED = -9;
    /** A or D cannot be written. */
    static final int UPDATE_FAILED = -10;

    private static final int MOST_ATTEMPTS = 16;
    private static final long A = SecondStageEntry.A.mask();
    private static final long D = SecondStageEntry.D.mask();
    private static final long SNP = SecondStageEntry.SNP.mask();

    private final PhysicalMemory memory;
    private final ReservedBits reserved;
    private final long addressMask;
    /** Bits that an entry which leads to a table, with nothing wrong, has clear. */
    private final long ordinaryTable;
    /** Bits that an entry of a page of the last level, with nothing wrong, has clear. */
    private final long ordinaryPage;

    private final boolean updatesUnsnooped;
    private final @Nullable FetchObserver observer;

    SecondStage(PhysicalMemory memory, EntryMasks masks, Deviations deviations, @Nullable FetchObserver observer) {
        this.memory = memory;
        this.observer = observer;
        reserved = masks.secondStage;
        addressMask = masks.address;
        ordinaryTable = masks.secondStage.ofTables() | SecondStageEntry.PS.mask();
        ordinaryPage = masks.secondStage.ofPages();
        updatesUnsnooped = deviations.has(VtdDeviation.UPDATES_WITHOUT_SNOOPING);
    }

    /**
     * The {@link Answer} for an address, or one of the negative numbers.
     *
     * <p>Entries with nothing wrong are told by one comparison each; the first other one is read again by the walk that makes each
     * check in its turn. This one is kept small enough to be compiled into its callers.
     */
    long walk(SecondStageTable table, long address, int need) {
        if (address >>> table.inputBits() != 0) {
            return BEYOND;
        }
        int required = need & table.honoured();
        int rights = table.honoured();
        int level = table.levels();
        long base = table.root();
        if (required == 0 || observer != null) {
            return walk(table, address, need, place(level, base, rights));
        }
        long wanted = table.updates() ? required | A : required;
        long looked = wanted | ordinaryTable;
        try {
            for (; level > 1; level--) {
                long entry = memory.load64(base + ((address >>> 3 + 9 * level & 511) << 3));
                if ((entry & looked) != wanted) {
                    return walk(table, address, need, place(level, base, rights));
                }
                rights &= (int) entry;
                base = entry & addressMask;
            }
        } catch (BusErrorException e) {
            return level == table.levels() ? TOP_FETCH : FETCH;
        }
        return leaf(table, address, need, place(1, base, rights));
    }

    /** Where a walk has come to: a table's address, its level in bits 2:0, the rights that all levels above grant in 5:3. */
    private static long place(int level, long base, int rights) {
        return base | (long) rights << 3 | level;
    }

    /** The last level, where an entry with nothing wrong is told by one comparison, too. */
    private long leaf(SecondStageTable table, long address, int need, long place) {
        int required = need & table.honoured();
        long wanted = table.updates() ? required | A | ((need & Answer.WRITE) != 0 ? D : 0) : required;
        long entry;
        try {
            entry = memory.load64((place & -1L << 12) + ((address >>> 12 & 511) << 3));
        } catch (BusErrorException e) {
            return FETCH;
        }
        if ((entry & (wanted | ordinaryPage)) != wanted) {
            return walk(table, address, need, place);
        }
        return answer(table, entry, 1, (int) (place >>> 3) & 7 & (int) entry);
    }

    /** The rest of a walk, with each check in its turn. */
    private long walk(SecondStageTable table, long address, int need, long from) {
        int honoured = table.honoured();
        int required = need & honoured;
        int rights = (int) from >>> 3 & 7;
        int level = (int) from & 7;
        int attempts = 0;
        long base = from & -1L << 12;
        long at = base;
        try {
            while (true) {
                at = base + ((address >>> 3 + 9 * level & 511) << 3);
                long entry = memory.load64(at);
                if (observer != null) {
                    observer.secondStage(at, entry, level);
                }
                int granted = (int) entry & honoured;
                if (granted == 0 || (granted & required) != required) {
                    return refusal(granted, required);
                }
                int leaf = level == 1 ? 1 : (int) (entry >>> 7) & 1;
                if (reserved.areIn(entry, level, leaf)) {
                    return RESERVED;
                }
                if (table.updates()) {
                    long bits = leaf != 0 && (need & Answer.WRITE) != 0 ? A | D : A;
                    int outcome = update(table, at, entry, bits);
                    if (outcome < 0) {
                        return outcome;
                    }
                    if (outcome > 0) {
                        if (++attempts == MOST_ATTEMPTS) {
                            return UPDATE_FAILED;
                        }
                        continue;
                    }
                    entry |= bits;
                }
                rights &= granted;
                if (leaf != 0) {
                    return answer(table, entry, level, rights);
                }
                base = entry & addressMask;
                level--;
            }
        } catch (BusErrorException e) {
            if (observer != null) {
                observer.unanswered("SS L" + level, at);
            }
            return level == table.levels() ? TOP_FETCH : FETCH;
        }
    }

    private long answer(SecondStageTable table, long entry, int level, int rights) {
        int sizeLg2 = 3 + 9 * level;
        int all = table.honoured() == 7 ? rights : rights | (rights & Answer.READ) << 2;
        boolean pending = table.updates() && (entry & D) == 0 && (rights & Answer.WRITE) != 0;
        long flags = (pending ? Answer.PENDING : 0) | ((entry & SNP) != 0 ? Answer.SNOOPED : 0);
        return Answer.of(entry & addressMask, sizeLg2, all, flags);
    }

    /** Write before read before execute, as the general codes are numbered. */
    private static int refusal(int granted, int required) {
        if (granted == 0) {
            return NOT_PRESENT;
        }
        int missing = required & ~granted;
        if ((missing & Answer.WRITE) != 0) {
            return NO_WRITE;
        }
        return (missing & Answer.READ) != 0 ? NO_READ : NO_EXECUTE;
    }

    /** 0 when the bits are set, 1 when the entry has changed meanwhile, or a negative number. */
    private int update(SecondStageTable table, long at, long entry, long bits) {
        if ((entry & bits) == bits) {
            return 0;
        }
        if (!table.snooped() && !updatesUnsnooped) {
            return NOT_SNOOPED;
        }
        try {
            return memory.compareAndSet64(at, entry, entry | bits) ? 0 : 1;
        } catch (BusErrorException e) {
            return UPDATE_FAILED;
        }
    }
}
