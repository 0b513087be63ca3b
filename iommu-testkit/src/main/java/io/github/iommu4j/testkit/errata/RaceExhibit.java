package io.github.iommu4j.testkit.errata;

import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.testkit.errata.Exhibit.Condition;
import io.github.iommu4j.testkit.errata.Exhibit.Sighting;
import io.github.iommu4j.testkit.explore.Interleavings;
import io.github.iommu4j.testkit.explore.Stage;
import java.util.function.BiConsumer;

/** Exhibits that the explorer finds without being told a schedule. */
final class RaceExhibit {

    private static final String EXPLORER = "every interleaving";

    private RaceExhibit() {}

    static Exhibit of(String id, String story, String verdict, String mended, BiConsumer<Stage, Condition> scenario) {
        return new Exhibit(
                id,
                story,
                EXPLORER,
                verdict,
                mended,
                condition -> Sighting.of(Interleavings.of(stage -> scenario.accept(stage, condition))
                        .exhaustive()));
    }

    /** Does it under a lock, or, as it was, without. */
    static void under(Mutex lock, Condition condition, Runnable action) {
        if (condition == Condition.AS_IT_WAS) {
            action.run();
        } else {
            under(lock, action);
        }
    }

    /** Does it under a lock. */
    static void under(Mutex lock, Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }
}
