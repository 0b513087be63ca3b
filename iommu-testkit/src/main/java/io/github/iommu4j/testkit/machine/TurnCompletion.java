package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.lock.Completion;

/** A completion among tasks that take turns. */
final class TurnCompletion implements Completion {

    private final TurnLocking turns;
    private final String name;
    private volatile boolean done;

    TurnCompletion(TurnLocking turns, String name) {
        this.turns = turns;
        this.name = name;
    }

    @Override
    public void await() {
        turns.await(() -> done, name);
    }

    @Override
    public boolean isDone() {
        return done;
    }

    @Override
    public void complete() {
        done = true;
    }

    @Override
    public String toString() {
        return "completion " + name;
    }
}
