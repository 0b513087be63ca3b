package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.vtd.hardware.AddressSpace.FirstStageTable;
import io.github.iommu4j.vtd.hardware.AddressSpace.Rules;
import io.github.iommu4j.vtd.hardware.AddressSpace.SecondStageTable;
import io.github.iommu4j.vtd.layout.FaultReason;
import io.github.iommu4j.vtd.layout.FirstStageEntry;
import org.jspecify.annotations.Nullable;

/**
 * The walk of first-stage tables (Intel VT-d §3.6, §9.7), alone or with every address of an entry going through the
 * second stage (§3.8). At each level: the entry's address, the read, P, permissions, reserved bits, the update of A, EA
 * and D. What did not work is the negated code. Allocates nothing. Thread-safe.
 */
final class FirstStage {

    /** In {@code need}: a supervisor request. */
    static final int SUPERVISOR = 8;

    private static final int MOST_ATTEMPTS = 16;
    private static final long P = FirstStageEntry.P.mask();
    private static final long RW = FirstStageEntry.RW.mask();
    private static final long US = FirstStageEntry.US.mask();
    private static final long D = FirstStageEntry.D.mask();
    private static final long PS = FirstStageEntry.PS.mask();
    private static final long XD = FirstStageEntry.XD.mask();

    /** What is gathered over the levels: RW and US by AND, XD by OR of its complement. */
    private static final long ALL = RW | US | XD;

    private final PhysicalMemory memory;
    private final SecondStage secondStage;
    private final StageCodes codes;
    private final long addressMask;
    private final boolean updatesUnsnooped;
    private final @Nullable FetchObserver observer;

    FirstStage(
            PhysicalMemory memory,
            SecondStage secondStage,
            EntryMasks masks,
            Deviations deviations,
            @Nullable FetchObserver observer) {
        this.memory = memory;
        this.secondStage = secondStage;
        this.observer = observer;
        codes = new StageCodes(deviations);
        addressMask = masks.address;
        updatesUnsnooped = deviations.has(VtdDeviation.UPDATES_WITHOUT_SNOOPING);
    }

    /** The {@link Answer} for an address, or the negated code. */
    long walk(FirstStageTable table, @Nullable SecondStageTable beneath, long address, int need) {
        long above = address >> table.inputBits() - 1;
        if (above != 0 && above != -1) {
            return -FaultReason.SGN_1.code();
        }
        int level = table.levels();
        int attempts = 0;
        long base = table.root();
        long gathered = ALL;
        long wanted = wanted(table, need);
        long looked = wanted | clear(table, need);
        while (true) {
            long at = base + ((address >>> 3 + 9 * level & 511) << 3);
            long place = 0;
            long guest = at;
            if (beneath != null) {
                place = place(beneath, at, level, table);
                if (place < 0) {
                    return place;
                }
                at = Answer.address(place, at);
            }
            long entry;
            try {
                entry = memory.load64(at);
            } catch (BusErrorException e) {
                return unanswered(at, level, table);
            }
            if (observer != null) {
                observer.firstStage(at, entry, level);
            }
            if (level > 1 && (entry & looked) == wanted) {
                gathered &= entry ^ XD;
                base = entry & addressMask;
                level--;
                continue;
            }
            long before = gathered & (entry ^ XD);
            int leaf = level == 1 ? 1 : (int) (entry >>> 7) & 1;
            int refusal = refusal(table.rules(), entry, leaf != 0 ? before : -1, need);
            if (refusal != 0) {
                return -refusal;
            }
            if (table.reserved().areIn(entry, level, leaf)) {
                return -FaultReason.SFS_3.code();
            }
            long bits = table.used() | (leaf != 0 && (need & Answer.WRITE) != 0 ? D : 0);
            if ((entry & bits) != bits) {
                long outcome = updatable(table, beneath, guest, place);
                outcome = outcome < 0 ? outcome : update(at, entry, bits);
                if (outcome < 0) {
                    return outcome;
                }
                if (outcome > 0) {
                    if (++attempts == MOST_ATTEMPTS) {
                        return -FaultReason.SFS_10.code();
                    }
                    continue;
                }
                entry |= bits;
            }
            gathered = before;
            if (leaf != 0) {
                return answer(table.rules(), entry, level, gathered, need);
            }
            base = entry & addressMask;
            level--;
        }
    }

    /** What is set in an entry that leads to a table, for a request to go on there without an update. */
    private static long wanted(FirstStageTable table, int need) {
        boolean user = (need & SUPERVISOR) == 0;
        boolean writes = (need & Answer.WRITE) != 0 && (user || table.rules().writeProtect());
        return P | table.used() | (user ? US : 0) | (writes ? RW : 0);
    }

    /** What is clear in it. */
    private static long clear(FirstStageTable table, int need) {
        boolean executes = (need & Answer.EXECUTE) != 0 && table.rules().executeDisable();
        return PS | table.reserved().ofTables() | (executes ? XD : 0);
    }

    /** Where an entry is in the host: an {@link Answer} that has R, or a negated code. */
    private long place(SecondStageTable beneath, long guest, int level, FirstStageTable table) {
        if (observer != null) {
            observer.secondStageOf(level, guest);
        }
        long place = secondStage.walk(beneath, guest, Answer.READ);
        return place >= 0
                ? place
                : -codes.nested((int) place, level == table.levels()).code();
    }

    private long unanswered(long at, int level, FirstStageTable table) {
        if (observer != null) {
            observer.unanswered("FS L" + level, at);
        }
        return -(level == table.levels() ? FaultReason.SFS_4 : FaultReason.SFS_1).code();
    }

    /** P and permissions; {@code gathered} is of all levels at a leaf, and of no level above it. */
    private static int refusal(Rules rules, long entry, long gathered, int need) {
        if ((entry & P) == 0) {
            return FaultReason.SFS_2.code();
        }
        boolean user = (need & SUPERVISOR) == 0;
        if (user && (entry & US) == 0) {
            return FaultReason.SGN_2.code();
        }
        if ((need & Answer.WRITE) != 0 && (entry & RW) == 0 && (user || rules.writeProtect())) {
            return FaultReason.SGN_6.code();
        }
        if ((need & Answer.EXECUTE) != 0) {
            boolean disabled = rules.executeDisable() && (entry & XD) != 0;
            boolean userPage = gathered != -1 && (gathered & US) != 0;
            if (disabled || !user && rules.supervisorExecutesNoUserPages() && userPage) {
                return FaultReason.SGN_3.code();
            }
        }
        return 0;
    }

    /** Whether an entry may be updated: the walk is snooped, and the second stage lets its page be written. */
    private long updatable(FirstStageTable table, @Nullable SecondStageTable beneath, long guest, long place) {
        if (!table.snooped() && !updatesUnsnooped) {
            return -FaultReason.SFS_9.code();
        }
        if (beneath == null || Answer.suffices(place, Answer.WRITE)) {
            return 0;
        }
        long written = secondStage.walk(beneath, guest, Answer.READ | Answer.WRITE);
        return written >= 0 ? 0 : -codes.nested((int) written, false).code();
    }

    /** 0 when the bits are set, 1 when the entry has changed meanwhile, or a negated code. */
    private int update(long at, long entry, long bits) {
        try {
            return memory.compareAndSet64(at, entry, entry | bits) ? 0 : 1;
        } catch (BusErrorException e) {
            return -FaultReason.SFS_10.code();
        }
    }

    private long answer(Rules rules, long entry, int level, long gathered, int need) {
        boolean user = (need & SUPERVISOR) == 0;
        boolean writes = (gathered & RW) != 0 || !user && !rules.writeProtect();
        boolean disabled = rules.executeDisable() && (gathered & XD) == 0;
        boolean forbidden = !user && rules.supervisorExecutesNoUserPages() && (gathered & US) != 0;
        int rights = Answer.READ | (writes ? Answer.WRITE : 0) | (disabled || forbidden ? 0 : Answer.EXECUTE);
        int sizeLg2 = 3 + 9 * level;
        long page = entry & addressMask & -1L << sizeLg2;
        return Answer.of(page, sizeLg2, rights, writes && (entry & D) == 0 ? Answer.PENDING : 0);
    }
}
