package io.github.iommu4j.bench.lincheck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.testkit.explore.Exploration;
import io.github.iommu4j.testkit.explore.Interleavings;
import io.github.iommu4j.testkit.explore.Shared;
import io.github.iommu4j.testkit.explore.Stage;
import java.util.Locale;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.junit.jupiter.api.Test;

/** The explorer and Lincheck's model checker on the same two tasks, ten operations each, in one run. */
class ExplorersTest {

    private static final int OPERATIONS = 10;
    private static final int SCHEDULES = 4_000;
    private static final int ROUNDS = 5;

    @Test
    void both_find_the_lost_increment() {
        assertThat(Interleavings.of(ExplorersTest::racy).exhaustive().finding()).isPresent();
        assertThatThrownBy(() -> options(2, SCHEDULES).check(RacyCounter.class)).isInstanceOf(AssertionError.class);
    }

    @Test
    void both_are_silent_about_a_locked_counter_and_their_speeds_are_printed() {
        for (int round = 0; round < ROUNDS; round++) {
            Exploration few = Interleavings.of(ExplorersTest::locked)
                    .preemptionBound(2)
                    .mostSchedules(SCHEDULES)
                    .exhaustive();
            Exploration many = Interleavings.of(ExplorersTest::locked).random(round, SCHEDULES);
            long start = System.nanoTime();
            options(OPERATIONS, SCHEDULES).check(LockedCounter.class);
            double lincheck = SCHEDULES / ((System.nanoTime() - start) / 1e9);

            assertThat(few.finding()).isEmpty();
            assertThat(many.finding()).isEmpty();
            System.out.printf(
                    Locale.ROOT,
                    "FIGURE schedules a second: explorer, at most two preemptions %.0f; explorer, random (%d steps"
                            + " each) %.0f; Lincheck %.0f%n",
                    few.schedules() / (few.nanos() / 1e9),
                    many.steps() / many.schedules(),
                    many.schedules() / (many.nanos() / 1e9),
                    lincheck);
        }
    }

    private static ModelCheckingOptions options(int operations, int schedules) {
        ModelCheckingOptions options = new ModelCheckingOptions();
        options.iterations(1);
        options.invocationsPerIteration(schedules);
        options.threads(2);
        options.actorsPerThread(operations);
        options.actorsBefore(0);
        options.actorsAfter(0);
        options.minimizeFailedScenario(false);
        return options;
    }

    private static void locked(Stage stage) {
        Mutex mutex = stage.locking().mutex(new LockClass("counter"));
        int[] count = new int[1];
        for (int task = 0; task < 2; task++) {
            stage.task("counts", () -> {
                for (int i = 0; i < OPERATIONS; i++) {
                    mutex.lock();
                    count[0]++;
                    mutex.unlock();
                }
            });
        }
        stage.atEnd("none is lost", () -> assertThat(count[0]).isEqualTo(2 * OPERATIONS));
    }

    private static void racy(Stage stage) {
        Shared<Integer> count = stage.shared("count", 0);
        for (int task = 0; task < 2; task++) {
            stage.task("counts", () -> count.set(count.get() + 1));
        }
        stage.atEnd("none is lost", () -> assertThat(count.get()).isEqualTo(2));
    }
}
