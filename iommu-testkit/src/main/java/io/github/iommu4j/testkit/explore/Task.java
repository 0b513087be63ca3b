package io.github.iommu4j.testkit.explore;

import io.github.iommu4j.core.lockdep.LockTask;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A task of one run. */
final class Task {

    /** A part of a task that can be left out. */
    record Part(String name, Runnable action) {}

    private static final Operation START = Operation.of(Operation.NOTHING, Operation.Effect.READS, "begins");

    final int number;
    final String name;
    final LockTask lockTask;
    final List<Part> parts = new ArrayList<>();
    /** What it holds, for the check at its end. */
    final List<String> held = new ArrayList<>();

    Operation pending = START;
    boolean ended;
    /** It polls: others go first until one has made a step. */
    boolean relaxed;

    @Nullable
    Coroutine coroutine;

    Task(int number, String name) {
        this.number = number;
        this.name = name;
        this.lockTask = new LockTask(name);
    }

    boolean isEnabled() {
        return !ended && pending.isEnabled();
    }

    /** {@code a} for the first task, {@code b} for the second. */
    char letter() {
        return (char) ('a' + number);
    }

    Coroutine running() {
        Coroutine own = coroutine;
        if (own == null) {
            throw new AssertionError(name + " was never started");
        }
        return own;
    }

    @Override
    public String toString() {
        return name;
    }
}
