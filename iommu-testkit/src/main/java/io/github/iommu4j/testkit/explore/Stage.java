package io.github.iommu4j.testkit.explore;

import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.lock.ValidatedLocking;
import io.github.iommu4j.core.lockdep.LockValidator;
import io.github.iommu4j.core.lockdep.ReportPolicy;
import io.github.iommu4j.testkit.explore.Operation.Effect;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Where a scenario builds its model and says what tasks do. A fresh one for every run; use it only while the scenario is
 * set up, but for {@link #yieldPoint} and what it made.
 */
public final class Stage {

    /** A task to which parts are added. */
    public static final class TaskBuilder {
        private final Stage stage;
        private final Task task;

        private TaskBuilder(Stage stage, Task task) {
            this.stage = stage;
            this.task = task;
        }

        /**
         * Adds what the task does next. Shrinking leaves parts out.
         *
         * @param name for reports
         * @param action what it does
         * @return this
         */
        public TaskBuilder then(String name, Runnable action) {
            if (stage.kept.test(stage.parts++)) {
                task.parts.add(new Task.Part(name, action));
            }
            return this;
        }
    }

    private final Execution execution;
    private final ExploredLocking locking;
    private final IntPredicate kept;
    private @Nullable ValidatedLocking validated;
    private @Nullable ExploredTicker ticker;
    private int parts;

    Stage(Execution execution, IntPredicate kept) {
        this.execution = execution;
        this.locking = new ExploredLocking(execution);
        this.kept = kept;
    }

    int parts() {
        return parts;
    }

    /**
     * Locks whose every operation is a scheduling point. The model must have no others.
     *
     * @return the same on every call
     */
    public Locking locking() {
        return locking;
    }

    /**
     * The same locks with a lock validator of this run around them: a report is a finding, whether or not the run
     * deadlocks.
     *
     * @return the same on every call
     */
    public Locking validatedLocking() {
        if (validated == null) {
            LockValidator validator = LockValidator.builder()
                    .policy(ReportPolicy.RECORD)
                    .tasks(execution::lockTask)
                    .sink(execution::reported)
                    .build();
            validated = ValidatedLocking.over(locking, validator);
        }
        return validated;
    }

    /**
     * Time that a task moves: every look at it and every step of it is a scheduling point.
     *
     * @return the same on every call, at 0 when the scenario begins
     */
    public ExploredTicker ticker() {
        if (ticker == null) {
            ticker = new ExploredTicker(execution);
        }
        return ticker;
    }

    /**
     * Memory whose every load and store is a scheduling point.
     *
     * @param memory where the words are
     * @return the wrapped memory
     */
    public PhysicalMemory explored(PhysicalMemory memory) {
        return new ExploredMemory(execution, memory);
    }

    /**
     * Registers whose every read and write is a scheduling point.
     *
     * @param registers where accesses go
     * @return the wrapped registers
     */
    public MmioRegion explored(MmioRegion registers) {
        return new ExploredRegisters(execution, registers);
    }

    /**
     * Adds a task that does one thing.
     *
     * @param name for reports
     * @param action what it does
     * @return the task, to add more to
     */
    public TaskBuilder task(String name, Runnable action) {
        return task(name).then(name, action);
    }

    /**
     * Adds a task.
     *
     * @param name for reports
     * @return the task, to add parts to
     */
    public TaskBuilder task(String name) {
        return new TaskBuilder(this, execution.addTask(name));
    }

    /**
     * Something that holds after every step. Where it needs a lock that a task holds at that moment, it is not asked.
     *
     * @param name for reports
     * @param check throws when it does not hold; must not change the model
     */
    public void invariant(String name, Runnable check) {
        execution.addInvariant(name, check);
    }

    /**
     * Something that holds when every task has ended.
     *
     * @param name for reports
     * @param check throws when it does not hold
     */
    public void atEnd(String name, Runnable check) {
        execution.addFinalCheck(name, check);
    }

    /**
     * A scheduling point of its own, for what tasks share without locks.
     *
     * @param label what comes next, for tables
     */
    public void yieldPoint(String label) {
        execution.point(Operation.of(Operation.ANYTHING, Effect.CHANGES, label));
    }

    /**
     * A variable that tasks share without locks: every access is a scheduling point.
     *
     * @param name for tables
     * @param value its first value
     * @param <T> the type of its values
     * @return a new variable
     */
    public <T> Shared<T> shared(String name, T value) {
        return new Shared<>(execution, name, value);
    }
}
