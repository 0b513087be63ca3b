package io.github.iommu4j.testkit.explore;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Explores the interleavings of a scenario. Immutable but for its settings; every exploration starts anew.
 *
 * <pre>{@code
 * Interleavings.of(stage -> {
 *             Mutex mutex = stage.locking().mutex(new LockClass("m"));
 *             Shared<Integer> count = stage.shared("count", 0);
 *             for (int i = 0; i < 2; i++) {
 *                 stage.task("adds", () -> count.set(count.get() + 1));
 *             }
 *             stage.atEnd("both count", () -> assertThat(count.get()).isEqualTo(2));
 *         })
 *         .exhaustive()
 *         .requireNothingFound();
 * }</pre>
 *
 * <p><b>Thread-safety:</b> one thread at a time.
 */
public final class Interleavings {

    private static final int DEFAULT_PREEMPTIONS = 2;
    private static final int DEFAULT_STEPS = 10_000;
    private static final int RUNS_FOR_SHORTER = 2_000;
    private static final int RUNS_FOR_SHRINKING = 5_000;
    private static final int MOST_PREEMPTIONS_FOR_SHRINKING = 3;

    private final Scenario scenario;
    private CarrierKind carrierKind = CarrierKind.FASTEST;
    private int preemptions = DEFAULT_PREEMPTIONS;
    private int mostSteps = DEFAULT_STEPS;
    private long mostSchedules = Long.MAX_VALUE;
    private Set<Integer> dropped = Set.of();
    private boolean shrinks = true;
    private DepthFirst.Reduction reduction = DepthFirst.Reduction.NONE;
    private DepthFirst.Bounded bounded = DepthFirst.Bounded.PREEMPTIONS;

    private Interleavings(Scenario scenario) {
        this.scenario = scenario;
    }

    /**
     * Explores a scenario.
     *
     * @param scenario what
     * @return settings to be changed, and what to do
     */
    public static Interleavings of(Scenario scenario) {
        return new Interleavings(scenario);
    }

    /**
     * What carries tasks; the fastest by default.
     *
     * @param kind the kind
     * @return this
     */
    public Interleavings carrier(CarrierKind kind) {
        carrierKind = kind;
        return this;
    }

    /**
     * How often a task may be interrupted although it could go on; 2 by default. Changes of task that cannot be avoided
     * are free.
     *
     * @param bound 0 or more
     * @return this
     * @throws IllegalArgumentException when negative
     */
    public Interleavings preemptionBound(int bound) {
        return bounded(DepthFirst.Bounded.PREEMPTIONS, bound);
    }

    private Interleavings bounded(DepthFirst.Bounded counted, int bound) {
        if (bound < 0) {
            throw new IllegalArgumentException(
                    "a bound of " + bound + " " + counted.name().toLowerCase(Locale.ROOT) + ": not 0 or more");
        }
        bounded = counted;
        preemptions = bound;
        return this;
    }

    /**
     * How often a task may be passed over although it is its turn, instead of a bound of preemptions. A task's turn lasts until
     * it ends, waits or polls; then it is the turn of the next in the order in which they were added, after the last the first.
     *
     * <p>For tasks that wait for each other again and again: there changes of task that cost no preemption alone make more
     * schedules than can be tried, while with a bound of delays their number grows with the length of a run as its power only
     * (Emmi, Qadeer, Rakamaric: Delay-bounded scheduling, POPL 2011).
     *
     * @param bound 0 or more
     * @return this
     * @throws IllegalArgumentException when negative
     * @throws IllegalStateException when {@link #reduced}: a run that stands for another may need more delays
     */
    public Interleavings delayBound(int bound) {
        requireUnreduced(reduction == DepthFirst.Reduction.SLEEP_SETS);
        return bounded(DepthFirst.Bounded.DELAYS, bound);
    }

    private static void requireUnreduced(boolean refused) {
        if (refused) {
            throw new IllegalStateException("a bound of delays and reduction exclude each other");
        }
    }

    /**
     * Interrupts tasks as often as it makes a difference, {@link #reduced}.
     *
     * @return this
     */
    public Interleavings unbounded() {
        preemptions = Integer.MAX_VALUE;
        bounded = DepthFirst.Bounded.PREEMPTIONS;
        return reduced();
    }

    /**
     * Runs that differ only in the order of steps that have nothing to do with each other count as one. So tasks must not
     * share what the stage does not know: only its locks, its memory, its registers and its variables.
     *
     * @return this
     * @throws IllegalStateException with a {@link #delayBound}
     */
    public Interleavings reduced() {
        requireUnreduced(bounded == DepthFirst.Bounded.DELAYS);
        reduction = DepthFirst.Reduction.SLEEP_SETS;
        return this;
    }

    /**
     * How many steps a run may make before it counts as a livelock; 10,000 by default.
     *
     * @param most at least 1
     * @return this
     */
    public Interleavings mostSteps(int most) {
        mostSteps = most;
        return this;
    }

    /**
     * How many runs there may be; as many as there are by default.
     *
     * @param most at least 1
     * @return this
     */
    public Interleavings mostSchedules(long most) {
        mostSchedules = most;
        return this;
    }

    /**
     * Leaves parts of tasks out, as shrinking does.
     *
     * @param parts numbers of parts, in the order in which the scenario adds them, from 0
     * @return this
     */
    public Interleavings without(int... parts) {
        Set<Integer> numbers = new HashSet<>();
        Arrays.stream(parts).forEach(numbers::add);
        dropped = Set.copyOf(numbers);
        return this;
    }

    /**
     * Reports a finding as it was made: with every part of the scenario, and not the shortest.
     *
     * @return this
     */
    public Interleavings unshrunk() {
        shrinks = false;
        return this;
    }

    /**
     * Tries every schedule, those with fewer preemptions or delays first.
     *
     * @return what was found: the finding with the fewest of them
     * @throws IllegalStateException when a scenario is not the same in every run, or its tasks hold monitors where tasks can
     *     change, so that one waits for another whose turn it is not
     */
    public Exploration exhaustive() {
        try (Runner runner = new Runner(dropped)) {
            Exploration all = exhaustive(runner);
            return all.found() == null || !shrinks ? all : withFinding(all, shrunk(all.found(), runner));
        }
    }

    private Exploration exhaustive(Runner runner) {
        if (preemptions == Integer.MAX_VALUE) {
            return runner.depthFirst(preemptions, mostSchedules);
        }
        Exploration last = runner.depthFirst(0, mostSchedules);
        for (int bound = 1; bound <= preemptions && last.found() == null; bound++) {
            Exploration next = runner.depthFirst(bound, mostSchedules);
            last = new Exploration(
                    next.schedules(),
                    next.equal(),
                    next.steps(),
                    next.completeness(),
                    last.nanos() + next.nanos(),
                    next.found());
        }
        return last;
    }

    /**
     * Tries random schedules.
     *
     * @param seed says which
     * @param count how many
     * @return what was found first
     */
    public Exploration random(long seed, int count) {
        return sampled(run -> new RandomChoice(seed + run), count);
    }

    /**
     * Tries schedules by random priorities (PCT).
     *
     * @param seed says which
     * @param depth how many orders the bug needs, at least 1
     * @param count how many
     * @return what was found first
     */
    public Exploration pct(long seed, int depth, int count) {
        int length;
        try (Runner runner = new Runner(dropped)) {
            length = runner.run(new ReplayChoice(new Schedule(List.of()))).steps();
        }
        return sampled(run -> new PriorityChoice(seed + run, depth, length), count);
    }

    private Exploration sampled(IntFunction<Chooser> choosers, int count) {
        long start = System.nanoTime();
        long steps = 0;
        try (Runner runner = new Runner(dropped)) {
            for (int run = 0; run < count; run++) {
                Execution execution = runner.run(choosers.apply(run));
                steps += execution.steps();
                Finding found = execution.finding();
                if (found != null) {
                    Finding told = shrinks ? shrunk(found, runner) : found;
                    return new Exploration(
                            run + 1, 0, steps, Exploration.Completeness.PARTIAL, System.nanoTime() - start, told);
                }
            }
            return new Exploration(count, 0, steps, Exploration.Completeness.PARTIAL, System.nanoTime() - start, null);
        }
    }

    /**
     * Runs one schedule.
     *
     * @param schedule as {@link Schedule#toString} writes it
     * @return what was found
     * @throws IllegalArgumentException when it is not a schedule
     */
    public Exploration replay(String schedule) {
        long start = System.nanoTime();
        try (Runner runner = new Runner(dropped)) {
            Execution execution = runner.run(new ReplayChoice(Schedule.parse(schedule)));
            return new Exploration(
                    1,
                    0,
                    execution.steps(),
                    Exploration.Completeness.PARTIAL,
                    System.nanoTime() - start,
                    execution.finding());
        }
    }

    private static Exploration withFinding(Exploration exploration, Finding finding) {
        return new Exploration(
                exploration.schedules(),
                exploration.equal(),
                exploration.steps(),
                Exploration.Completeness.PARTIAL,
                exploration.nanos(),
                finding);
    }

    /** The same kind of finding with fewer parts, fewer changes of task and fewer steps. */
    private Finding shrunk(Finding finding, Runner runner) {
        Finding best = runner.shortened(finding);
        boolean needsInterleaving = runner.depthFirst(0, RUNS_FOR_SHRINKING).found() == null;
        Set<Integer> without = new HashSet<>(dropped);
        for (int part = 0; part < runner.parts; part++) {
            if (without.contains(part)) {
                continue;
            }
            without.add(part);
            Finding smaller = sameWithout(without, best.kind(), needsInterleaving ? 1 : 0);
            if (smaller == null) {
                without.remove(part);
            } else {
                best = smaller;
            }
        }
        return best;
    }

    /** What is found too early without interruptions is another thing: a check that misses the parts left out. */
    private @Nullable Finding sameWithout(Set<Integer> without, Finding.Kind kind, int leastBound) {
        try (Runner runner = new Runner(without)) {
            int bound = Math.min(preemptions, MOST_PREEMPTIONS_FOR_SHRINKING);
            for (int b = 0; b <= bound; b++) {
                Finding found = runner.depthFirst(b, RUNS_FOR_SHRINKING).found();
                if (found != null) {
                    return found.kind() == kind && b >= leastBound ? runner.shortened(found) : null;
                }
            }
            return null;
        }
    }

    /** Runs of the scenario without some of its parts. */
    private final class Runner implements AutoCloseable {
        private final Carrier carrier = carrierKind.open();
        private final Set<Integer> without;
        private int parts;

        private Runner(Set<Integer> without) {
            this.without = without;
        }

        private Execution run(Chooser chooser) {
            Execution execution = new Execution(carrier, chooser, mostSteps, without);
            Stage stage = new Stage(execution, part -> !without.contains(part));
            scenario.setUp(stage);
            parts = stage.parts();
            execution.run();
            return execution;
        }

        private Exploration depthFirst(int bound, long most) {
            long start = System.nanoTime();
            DepthFirst search = new DepthFirst(bounded, bound, reduction);
            long schedules = 0;
            long equal = 0;
            long steps = 0;
            do {
                search.begin();
                Execution execution = run(search);
                schedules++;
                steps += execution.steps();
                equal += execution.isGivenUp() ? 1 : 0;
                if (execution.finding() != null) {
                    Finding found = shrinks ? shorter(search, execution.finding()) : execution.finding();
                    return new Exploration(
                            schedules,
                            equal,
                            steps,
                            Exploration.Completeness.PARTIAL,
                            System.nanoTime() - start,
                            found);
                }
                if (schedules >= most) {
                    return new Exploration(
                            schedules, equal, steps, Exploration.Completeness.PARTIAL, System.nanoTime() - start, null);
                }
            } while (search.advance());
            return new Exploration(
                    schedules, equal, steps, Exploration.Completeness.COMPLETE, System.nanoTime() - start, null);
        }

        /** Looks on for a while for the same kind with fewer changes of task, then fewer steps. */
        private Finding shorter(DepthFirst search, Finding first) {
            Finding best = first;
            for (int i = 0; i < RUNS_FOR_SHORTER && search.advance(); i++) {
                search.begin();
                Finding other = run(search).finding();
                if (other != null && other.kind() == best.kind() && isShorter(other, best)) {
                    best = other;
                }
            }
            return best;
        }

        /** Joins pieces of the same task where the finding stays. */
        private Finding shortened(Finding finding) {
            Finding best = finding;
            boolean again = true;
            while (again) {
                again = false;
                List<Integer> steps = best.schedule().steps();
                for (int i = 1; i < steps.size() && !again; i++) {
                    if (steps.get(i).equals(steps.get(i - 1))) {
                        continue;
                    }
                    Finding other = run(new ReplayChoice(joinedAt(steps, i))).finding();
                    if (other != null && other.kind() == best.kind() && isShorter(other, best)) {
                        best = other;
                        again = true;
                    }
                }
            }
            return best;
        }

        /** The task that stops before a step goes on instead, with its next piece. */
        private static Schedule joinedAt(List<Integer> steps, int index) {
            List<Integer> joined = new ArrayList<>(steps.subList(0, index));
            List<Integer> rest = new ArrayList<>(steps.subList(index, steps.size()));
            Integer task = steps.get(index - 1);
            int next = rest.indexOf(task);
            while (next >= 0 && next < rest.size() && Objects.equals(rest.get(next), task)) {
                joined.add(rest.remove(next));
            }
            joined.addAll(rest);
            return new Schedule(joined);
        }

        private static boolean isShorter(Finding one, Finding other) {
            int switches =
                    Integer.compare(one.schedule().switches(), other.schedule().switches());
            return switches != 0
                    ? switches < 0
                    : one.schedule().steps().size() < other.schedule().steps().size();
        }

        @Override
        public void close() {
            carrier.close();
        }
    }
}
