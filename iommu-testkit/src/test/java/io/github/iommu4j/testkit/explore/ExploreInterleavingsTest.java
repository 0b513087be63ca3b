package io.github.iommu4j.testkit.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import org.junit.jupiter.api.AfterAll;

/** A test that is a scenario. */
final class ExploreInterleavingsTest {

    private static int runs;

    @ExploreInterleavings(preemptionBound = 1)
    void aCounterUnderAMutexIsRight(Stage stage) {
        runs++;
        Mutex mutex = stage.locking().mutex(new LockClass("m"));
        int[] count = new int[1];
        for (int i = 0; i < 2; i++) {
            stage.task("adds", () -> {
                mutex.lock();
                int before = count[0];
                stage.yieldPoint("between");
                count[0] = before + 1;
                mutex.unlock();
            });
        }
        stage.atEnd("both count", () -> assertThat(count[0]).isEqualTo(2));
    }

    @AfterAll
    static void theMethodWasCalledForEverySchedule() {
        assertThat(runs).isGreaterThan(5);
    }
}
