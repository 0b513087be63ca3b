package io.github.iommu4j.bench.lock;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.testkit.explore.CarrierKind;
import io.github.iommu4j.testkit.explore.Exploration;
import io.github.iommu4j.testkit.explore.Interleavings;
import io.github.iommu4j.testkit.explore.Stage;
import java.util.Locale;

/** How many schedules of a scenario of about twenty switches are run in a second, on each carrier this JVM has. */
public final class Explorations {

    private static final int ROUNDS = 5;
    private static final int SCHEDULES = 20_000;
    private static final int SCHEDULES_ON_THREADS = 4_000;

    private Explorations() {}

    /**
     * Measures, and prints a line for each carrier.
     *
     * @param arguments none
     */
    public static void main(String[] arguments) {
        for (CarrierKind kind : CarrierKind.values()) {
            if (kind == CarrierKind.FASTEST || !kind.isAvailable()) {
                continue;
            }
            measure(kind);
        }
    }

    private static void measure(CarrierKind kind) {
        int schedules = kind == CarrierKind.CONTINUATIONS ? SCHEDULES : SCHEDULES_ON_THREADS;
        double best = 0;
        double switches = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Exploration exploration =
                    Interleavings.of(Explorations::takesTurns).carrier(kind).random(round, schedules);
            double perSecond = exploration.schedules() / (exploration.nanos() / 1e9);
            best = Math.max(best, perSecond);
            switches = (double) exploration.steps() / exploration.schedules();
        }
        System.out.printf(Locale.ROOT, "%s,%.0f schedules/s,%.1f steps a schedule%n", kind, best, switches);
    }

    /** Two tasks that lock and unlock a mutex five times each: a random schedule changes task about twenty times. */
    private static void takesTurns(Stage stage) {
        Mutex[] mutexes = new Mutex[2];
        for (int i = 0; i < mutexes.length; i++) {
            mutexes[i] = stage.locking().mutex(new LockClass("m" + i));
        }
        for (Mutex mutex : mutexes) {
            stage.task("task", () -> {
                for (int i = 0; i < 10; i++) {
                    mutex.lock();
                    mutex.unlock();
                }
            });
        }
    }
}
