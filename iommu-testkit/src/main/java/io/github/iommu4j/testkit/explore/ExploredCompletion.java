package io.github.iommu4j.testkit.explore;

import io.github.iommu4j.api.lock.Completion;
import io.github.iommu4j.testkit.explore.Operation.Effect;

/** A completion among explored tasks. */
final class ExploredCompletion implements Completion {

    private final Execution execution;
    private final String name;
    private final Operation wait;
    private final Operation look;
    private final Operation complete;
    private boolean done;

    ExploredCompletion(Execution execution, String name) {
        this.execution = execution;
        this.name = name;
        int object = execution.newObject();
        wait = new Operation(object, Effect.READS, "wait for " + name, () -> done, () -> null);
        look = Operation.of(object, Effect.READS, "look whether " + name + " is done");
        complete = Operation.of(object, Effect.CHANGES, "complete " + name);
    }

    @Override
    public void await() {
        if (!execution.isScheduling() && !done && !execution.isEnding()) {
            throw new Execution.Busy();
        }
        execution.point(wait);
    }

    @Override
    public boolean isDone() {
        execution.point(look);
        return done;
    }

    @Override
    public void complete() {
        execution.point(complete);
        done = true;
    }

    @Override
    public String toString() {
        return "completion " + name;
    }
}
