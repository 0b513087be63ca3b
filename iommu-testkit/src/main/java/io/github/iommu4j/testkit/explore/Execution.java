package io.github.iommu4j.testkit.explore;

import io.github.iommu4j.core.lockdep.LockReport;
import io.github.iommu4j.core.lockdep.LockReportError;
import io.github.iommu4j.core.lockdep.LockTask;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One run of a scenario. Tasks call {@link #point} before everything others can notice; there it is decided who goes on.
 */
final class Execution {

    private enum Phase {
        /** The model is built: nothing is scheduled. */
        SETTING_UP,
        RUNNING,
        /** An invariant looks at the model between two steps: nothing is scheduled, nobody waits. */
        OBSERVING,
        /** It is over: tasks that were left are led to their ends. */
        ENDING
    }

    /** Ends a task that was left. */
    static final class Abandoned extends Error {
        private static final long serialVersionUID = 1L;

        Abandoned() {
            super("the exploration ended this task", null, false, false);
        }
    }

    /** An invariant wants a lock that a task holds: it says nothing about this moment. */
    static final class Busy extends Error {
        private static final long serialVersionUID = 1L;

        Busy() {
            super("a task holds what an invariant needs", null, false, false);
        }
    }

    private record Named(String name, Runnable check) {}

    private final Carrier carrier;
    private final Chooser chooser;
    private final int mostSteps;
    private final Set<Integer> dropped;
    private final List<Task> tasks = new ArrayList<>();
    private final List<Named> invariants = new ArrayList<>();
    private final List<Named> finalChecks = new ArrayList<>();
    private final List<Step> trace = new ArrayList<>();
    /** What the thread that builds and looks at the model holds. */
    private final LockTask setUp = new LockTask("set-up");

    private int[] schedule = new int[64];
    private int steps;
    private int objects;
    private Phase phase = Phase.SETTING_UP;
    private @Nullable Task current;
    private @Nullable Finding finding;
    private boolean givenUp;
    private @Nullable IllegalStateException refused;

    Execution(Carrier carrier, Chooser chooser, int mostSteps, Set<Integer> dropped) {
        this.dropped = new TreeSet<>(dropped);
        this.carrier = carrier;
        this.chooser = chooser;
        this.mostSteps = mostSteps;
    }

    /** Numbers what tasks share, in the order in which it is made. */
    int newObject() {
        return objects++;
    }

    Task addTask(String name) {
        if (phase != Phase.SETTING_UP) {
            throw new IllegalStateException("task " + name + " is added while tasks run");
        }
        Task task = new Task(tasks.size(), name);
        tasks.add(task);
        return task;
    }

    void addInvariant(String name, Runnable check) {
        invariants.add(new Named(name, check));
    }

    void addFinalCheck(String name, Runnable check) {
        finalChecks.add(new Named(name, check));
    }

    /** The task that runs; {@code null} while the model is built or looked at. */
    @Nullable
    Task current() {
        return phase == Phase.RUNNING || phase == Phase.ENDING ? current : null;
    }

    LockTask lockTask() {
        Task task = current();
        return task == null ? setUp : task.lockTask;
    }

    /** Whether operations are scheduled, rather than simply done. */
    boolean isScheduling() {
        return phase == Phase.RUNNING;
    }

    boolean isEnding() {
        return phase == Phase.ENDING;
    }

    /** Lets others go first, perhaps, and returns when the running task may do an operation. */
    void point(Operation operation) {
        if (phase != Phase.RUNNING) {
            return;
        }
        Task self = running();
        self.pending = operation;
        self.relaxed = operation.effect() == Operation.Effect.RELAXES;
        Task next = decide(self);
        if (next == null) {
            throw new Abandoned();
        }
        if (next != self) {
            hand(next);
            carrier.transfer(self.running(), next.running());
            if (phase == Phase.ENDING) {
                throw new Abandoned();
            }
        }
        record(self);
    }

    private Task running() {
        Task self = current;
        if (self == null) {
            throw new AssertionError("no task runs");
        }
        return self;
    }

    private void hand(Task next) {
        current = next;
    }

    private void record(Task self) {
        if (steps == schedule.length) {
            schedule = Arrays.copyOf(schedule, 2 * steps);
        }
        schedule[steps++] = self.number;
        trace.add(new Step(self.number, self.pending.label()));
        for (Task task : tasks) {
            task.relaxed &= task == self && self.relaxed;
        }
    }

    /** Who goes on; {@code null} when the run is over. */
    private @Nullable Task decide(@Nullable Task self) {
        if (finding != null || !checkInvariants()) {
            return over();
        }
        List<Task> enabled = enabled();
        if (enabled.isEmpty()) {
            if (tasks.stream().allMatch(task -> task.ended)) {
                return over();
            }
            found(Stuck.describe(tasks), null);
            return over();
        }
        if (steps >= mostSteps) {
            found(new Stuck.Verdict(Finding.Kind.LIVELOCK, "no end after " + steps + " steps"), null);
            return over();
        }
        Task next = null;
        try {
            next = chooser.choose(self != null && enabled.contains(self) ? self : null, enabled);
        } catch (IllegalStateException refusal) {
            refused = refusal;
        }
        if (next == null) {
            givenUp = true;
            return over();
        }
        return next;
    }

    private List<Task> enabled() {
        List<Task> enabled = new ArrayList<>(tasks.size());
        boolean patient = false;
        for (Task task : tasks) {
            if (task.isEnabled()) {
                enabled.add(task);
                patient |= !task.relaxed;
            }
        }
        if (patient) {
            enabled.removeIf(task -> task.relaxed);
        }
        return enabled;
    }

    private @Nullable Task over() {
        phase = Phase.ENDING;
        return null;
    }

    private boolean checkInvariants() {
        if (invariants.isEmpty()) {
            return true;
        }
        phase = Phase.OBSERVING;
        try {
            for (Named invariant : invariants) {
                try {
                    invariant.check.run();
                } catch (Busy busy) {
                    // A task is in the middle of what this is about.
                } catch (Throwable broken) {
                    found(
                            new Stuck.Verdict(Finding.Kind.INVARIANT, invariant.name + ": " + broken.getMessage()),
                            broken);
                    return false;
                }
            }
            return true;
        } finally {
            phase = Phase.RUNNING;
        }
    }

    private void found(Stuck.Verdict verdict, @Nullable Throwable cause) {
        if (finding == null) {
            finding = new Finding(
                    verdict.kind(),
                    verdict.description(),
                    Schedule.of(schedule, steps),
                    List.copyOf(dropped),
                    tasks.stream().map(task -> task.name).toList(),
                    trace,
                    cause);
        }
    }

    /** A report of a validator that only records. */
    void reported(LockReport report) {
        found(new Stuck.Verdict(Finding.Kind.LOCK_REPORT, report.toText()), null);
    }

    /** Runs every task to its end, or to what breaks. */
    void run() {
        for (Task task : tasks) {
            task.coroutine = carrier.create(task.name, () -> live(task));
        }
        phase = Phase.RUNNING;
        Task first = tasks.isEmpty() ? null : decide(null);
        if (first != null) {
            hand(first);
            runFrom(first);
        }
        end();
        if (refused != null) {
            throw refused;
        }
        if (finding == null && !givenUp) {
            checkEnd();
        }
    }

    private void runFrom(Task first) {
        try {
            carrier.run(first.running());
        } catch (IllegalStateException stuck) {
            phase = Phase.ENDING;
            throw stuck;
        }
    }

    private void live(Task task) {
        try {
            if (phase == Phase.RUNNING) {
                record(task);
                for (Task.Part part : task.parts) {
                    part.action().run();
                }
                if (!task.held.isEmpty()) {
                    found(new Stuck.Verdict(Finding.Kind.LEAK, task + " ends and holds " + task.held), null);
                }
            }
        } catch (Abandoned end) {
            // It was left in the middle: there is nothing to say of it.
        } catch (LockReportError report) {
            found(new Stuck.Verdict(Finding.Kind.LOCK_REPORT, report.report().toText()), report);
        } catch (Throwable failure) {
            if (phase == Phase.RUNNING) {
                found(new Stuck.Verdict(Finding.Kind.EXCEPTION, task + " throws " + failure), failure);
            }
        }
        task.ended = true;
        Task next = null;
        if (phase == Phase.RUNNING) {
            next = finding == null ? decide(null) : over();
        }
        if (next != null) {
            hand(next);
        }
        carrier.finish(task.running(), next == null ? null : next.running());
    }

    /** Leads tasks that were left to their ends. */
    private void end() {
        phase = Phase.ENDING;
        for (Task task : tasks) {
            if (!task.ended && !carrier.canForget()) {
                hand(task);
                carrier.run(task.running());
            }
        }
    }

    private void checkEnd() {
        phase = Phase.OBSERVING;
        for (Named check : finalChecks) {
            try {
                check.check.run();
            } catch (Throwable broken) {
                found(new Stuck.Verdict(Finding.Kind.FINAL_CHECK, check.name + ": " + broken.getMessage()), broken);
                return;
            }
        }
    }

    @Nullable
    Finding finding() {
        return finding;
    }

    boolean isGivenUp() {
        return givenUp;
    }

    int steps() {
        return steps;
    }
}
