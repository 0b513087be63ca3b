package io.github.iommu4j.testkit.explore;

import io.github.iommu4j.testkit.explore.Operation.Effect;
import org.jspecify.annotations.Nullable;

/** A lock that one task can hold: what mutexes and spin locks have in common. */
final class ExploredLock {

    private final Execution execution;
    private final String name;
    private final Operation take;
    private final Operation attempt;
    private final Operation give;
    private @Nullable Task owner;
    /** Held while the model is built or looked at. */
    private boolean heldOutside;

    ExploredLock(Execution execution, String name) {
        this.execution = execution;
        this.name = name;
        int object = execution.newObject();
        take = new Operation(object, Effect.CHANGES, "lock " + name, () -> owner == null, () -> owner);
        attempt = Operation.of(object, Effect.CHANGES, "try " + name);
        give = Operation.of(object, Effect.CHANGES, "unlock " + name);
    }

    void lock() {
        Task self = execution.current();
        if (self == null) {
            lockOutside();
            return;
        }
        if (owner == self && !execution.isEnding()) {
            throw new AssertionError("deadlock: the task takes " + name + ", which it already holds");
        }
        execution.point(take);
        hold(self);
    }

    private void lockOutside() {
        if (owner != null) {
            throw new Execution.Busy();
        }
        if (heldOutside) {
            throw new AssertionError("deadlock: the task takes " + name + ", which it already holds");
        }
        heldOutside = true;
    }

    private void hold(Task self) {
        owner = self;
        self.held.add(name);
    }

    boolean tryLock() {
        execution.point(attempt);
        if (owner != null || heldOutside) {
            return false;
        }
        Task self = execution.current();
        if (self == null) {
            heldOutside = true;
        } else {
            hold(self);
        }
        return true;
    }

    void unlock() {
        Task self = execution.current();
        if (!execution.isEnding()) {
            assertHeld();
        }
        if (self == null) {
            heldOutside = false;
            return;
        }
        execution.point(give);
        owner = null;
        self.held.remove(name);
    }

    boolean isHeld() {
        Task self = execution.current();
        return self == null ? heldOutside : owner == self;
    }

    void assertHeld() {
        if (!isHeld()) {
            throw new AssertionError(name + " is not held");
        }
    }

    void assertNotHeld() {
        if (isHeld()) {
            throw new AssertionError(name + " is held");
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
