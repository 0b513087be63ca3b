package io.github.iommu4j.testkit.explore;

import io.github.iommu4j.api.lock.RefCount;
import io.github.iommu4j.testkit.explore.Operation.Effect;

/** A reference count among explored tasks. */
final class ExploredRefCount implements RefCount {

    private final Execution execution;
    private final String name;
    private final Operation get;
    private final Operation put;
    private final Operation look;
    private int count = 1;

    ExploredRefCount(Execution execution, String name) {
        this.execution = execution;
        this.name = name;
        int object = execution.newObject();
        get = Operation.of(object, Effect.CHANGES, "get " + name);
        put = Operation.of(object, Effect.CHANGES, "put " + name);
        look = Operation.of(object, Effect.READS, "count " + name);
    }

    @Override
    public void get() {
        if (!getUnlessZero()) {
            throw new AssertionError("reference to " + name + " taken after the last was dropped");
        }
    }

    @Override
    public boolean getUnlessZero() {
        execution.point(get);
        if (count == 0) {
            return false;
        }
        count++;
        return true;
    }

    @Override
    public boolean put() {
        execution.point(put);
        if (count == 0) {
            throw new AssertionError("reference to " + name + " dropped twice");
        }
        count--;
        return count == 0;
    }

    @Override
    public int value() {
        execution.point(look);
        return count;
    }

    @Override
    public String toString() {
        return name + " refcount " + count;
    }
}
