package io.github.iommu4j.testkit.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Time is part of a schedule. */
final class ExploredTickerTest {

    /** Whether who polls looks once more after its time is over. */
    enum LastLook {
        MISSING,
        TAKEN
    }

    private static final Duration TIMEOUT = Duration.ofMillis(10);

    /** A unit answers in time; who waits for it may be off the processor until it is too late to look. */
    static void poll(Stage stage, LastLook lastLook) {
        ExploredTicker time = stage.ticker();
        Shared<Boolean> idle = stage.shared("IDLE", false);
        boolean[] timedOut = new boolean[1];
        stage.task("driver", () -> {
            long deadline = time.getAsLong() + TIMEOUT.toNanos();
            boolean done = idle.get();
            while (!done && time.getAsLong() < deadline) {
                stage.locking().relax();
                done = idle.get();
            }
            timedOut[0] = !done && (lastLook == LastLook.MISSING || !idle.get());
        });
        stage.task("unit", () -> idle.set(true)).then("time passes", () -> time.advance(TIMEOUT));
        stage.atEnd("a unit that answers in time is not given up", () -> {
            if (timedOut[0]) {
                throw new AssertionError("the driver times out at " + time.getAsLong() + " ns");
            }
        });
    }

    @Test
    void aTimeoutThatLosesARaceIsFoundAndReplayed() {
        Interleavings interleavings = Interleavings.of(stage -> poll(stage, LastLook.MISSING));
        Finding finding = interleavings.exhaustive().requireFinding();
        assertThat(finding.kind()).isEqualTo(Finding.Kind.FINAL_CHECK);
        assertThat(finding.description()).contains("the driver times out at 10000000 ns");
        assertThat(finding.toText()).contains("read time").contains("advance time by PT0.01S");
        assertThat(interleavings
                        .replay(finding.schedule().toString())
                        .requireFinding()
                        .toText())
                .isEqualTo(finding.toText());
    }

    @Test
    void oneMoreLookAfterTheDeadlineIsEnough() {
        Exploration exploration = Interleavings.of(stage -> poll(stage, LastLook.TAKEN))
                .exhaustive()
                .requireNothingFound();
        assertThat(exploration.completeness()).isEqualTo(Exploration.Completeness.COMPLETE);
    }

    @Test
    void aLookAtTheTimeComesBeforeAndAfterEveryStepOfIt() {
        Set<Long> seen = new TreeSet<>();
        Interleavings.of(stage -> {
                    ExploredTicker time = stage.ticker();
                    assertThat(stage.ticker()).isSameAs(time);
                    stage.task("moves", () -> {
                        time.advance(Duration.ofNanos(1));
                        time.advance(Duration.ofNanos(2));
                    });
                    stage.task("looks", () -> seen.add(time.getAsLong()));
                })
                .exhaustive()
                .requireNothingFound();
        assertThat(seen).containsExactly(0L, 1L, 3L);
    }

    @Test
    void everyRunBeginsAtZero() {
        Interleavings.of(stage -> {
                    ExploredTicker time = stage.ticker();
                    assertThat(time.getAsLong()).isZero();
                    stage.task("one", () -> time.advance(Duration.ofDays(1)));
                    stage.task("other", () -> time.advance(Duration.ZERO));
                })
                .exhaustive()
                .requireNothingFound();
    }

    @Test
    void timeDoesNotGoBackAndDoesNotWrap() {
        Interleavings.of(stage -> {
                    ExploredTicker time = stage.ticker();
                    assertThatIllegalArgumentException()
                            .isThrownBy(() -> time.advance(Duration.ofNanos(-1)))
                            .withMessage("time does not go back, by PT-0.000000001S");
                    time.advance(Duration.ofNanos(Long.MAX_VALUE));
                    assertThatExceptionOfType(ArithmeticException.class)
                            .isThrownBy(() -> time.advance(Duration.ofNanos(1)));
                    assertThat(time.getAsLong()).isEqualTo(Long.MAX_VALUE);
                })
                .exhaustive()
                .requireNothingFound();
    }
}
