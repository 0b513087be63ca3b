package io.github.iommu4j.testkit.errata;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.api.lock.RwSemaphore;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.testkit.errata.Exhibit.Condition;
import io.github.iommu4j.testkit.explore.Shared;
import io.github.iommu4j.testkit.explore.Stage;
import java.util.ArrayList;
import java.util.List;

/** Historical mistakes that only an interleaving shows, each on the smallest model that has it. */
public final class RaceExhibits {

    private static final long SLOT = 0x1000;

    private RaceExhibits() {}

    /**
     * The mistakes.
     *
     * @return one exhibit for each
     */
    public static List<Exhibit> exhibits() {
        return List.of(
                RaceExhibit.of(
                        "vtd-2022-recursive-global-lock-hang",
                        "July 2022, 6.0-rc: one task reads dmar_global_lock twice, one inside the other. Where a writer"
                                + " comes between, it waits for the first read to end, and the second read for the writer.",
                        "DEADLOCK",
                        "the section reads the lock once",
                        RaceExhibits::readTwice),
                RaceExhibit.of(
                        "vtd-2021-pasid-slot-race",
                        "March 2021, what replaced pasid_lock in 5.12 has to hold: two tasks fill one empty slot of a PASID"
                                + " directory. Looking first and storing then loses one's page.",
                        "FINAL_CHECK",
                        "the slot is filled by compare-and-exchange from empty, and the loser frees its page",
                        RaceExhibits::fillSlot),
                RaceExhibit.of(
                        "vfio-2021-deferred-reset-lost",
                        "October 2021, the way round the migration state's cycle: the end of a reset notes it and tries the"
                                + " mutex. Who holds the mutex must look at the note after giving it up, not before, or a"
                                + " reset is lost.",
                        "FINAL_CHECK",
                        "the note is looked at again once the mutex is given up",
                        RaceExhibits::deferReset));
    }

    private static void readTwice(Stage stage, Condition condition) {
        RwSemaphore lock = stage.locking().rwSemaphore(new LockClass("dmar_global_lock"));
        stage.task("intel_iommu_init", () -> {
            boolean outer = condition == Condition.AS_IT_WAS;
            if (outer) {
                lock.lockRead();
            }
            lock.lockRead();
            lock.unlockRead();
            if (outer) {
                lock.unlockRead();
            }
        });
        stage.task("hot plug", () -> {
            lock.lockWrite();
            lock.unlockWrite();
        });
    }

    private static void fillSlot(Stage stage, Condition condition) {
        PhysicalMemory memory = stage.explored(new SparseMemory());
        List<Long> seen = new ArrayList<>();
        List<Long> freed = new ArrayList<>();
        for (long page : new long[] {0x2000, 0x3000}) {
            stage.task("fills with page " + Long.toHexString(page), () -> {
                if (memory.load64(SLOT) == 0) {
                    if (condition == Condition.AS_IT_WAS) {
                        memory.store64(SLOT, page);
                    } else if (!memory.compareAndSet64(SLOT, 0, page)) {
                        freed.add(page);
                    }
                } else {
                    freed.add(page);
                }
                seen.add(memory.load64(SLOT));
            });
        }
        stage.atEnd("one page stays, both see it, the other is freed", () -> {
            boolean agree = seen.get(0).equals(seen.get(1)) && seen.get(0) == memory.load64(SLOT);
            if (!agree || freed.size() != 1) {
                throw new AssertionError("the tasks see " + seen + ", and " + freed + " is freed");
            }
        });
    }

    private static void deferReset(Stage stage, Condition condition) {
        Mutex state = stage.locking().mutex(new LockClass("&mvdev->state_mutex"));
        Shared<Boolean> noted = stage.shared("deferred_reset", false);
        int[] resets = new int[1];
        Runnable reset = () -> resets[0]++;
        stage.task("changes the state", () -> {
            state.lock();
            unlock(state, noted, reset, condition);
        });
        stage.task("ends a reset", () -> {
            noted.set(true);
            if (state.tryLock()) {
                unlock(state, noted, reset, condition);
            }
        });
        stage.atEnd("the reset is done", () -> {
            if (resets[0] != 1) {
                throw new AssertionError("the reset was done " + resets[0] + " times");
            }
        });
    }

    private static void unlock(Mutex state, Shared<Boolean> noted, Runnable reset, Condition condition) {
        boolean again = true;
        while (again) {
            if (noted.compareAndSet(true, false)) {
                reset.run();
            }
            state.unlock();
            again = condition == Condition.MENDED && noted.get() && state.tryLock();
        }
    }
}
