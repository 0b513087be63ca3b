package io.github.iommu4j.testkit.explore;

import io.github.iommu4j.api.lock.Completion;
import io.github.iommu4j.api.lock.ExecutionContext;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.api.lock.RefCount;
import io.github.iommu4j.api.lock.RwSemaphore;
import io.github.iommu4j.api.lock.SpinLock;

/** Locks whose every operation is a point where tasks can change. */
record ExploredLocking(Execution execution) implements Locking {

    @Override
    public Mutex mutex(LockClass lockClass) {
        return new ExploredMutex(new ExploredLock(execution, lockClass.name()));
    }

    @Override
    public RwSemaphore rwSemaphore(LockClass lockClass) {
        return new ExploredRwSemaphore(execution, lockClass.name());
    }

    @Override
    public SpinLock spinLock(LockClass lockClass) {
        return new ExploredSpinLock(new ExploredLock(execution, lockClass.name()));
    }

    @Override
    public Completion completion(String name) {
        return new ExploredCompletion(execution, name);
    }

    @Override
    public RefCount refCount(String name) {
        return new ExploredRefCount(execution, name);
    }

    @Override
    public void runIn(ExecutionContext context, Runnable action) {
        action.run();
    }

    @Override
    public void relax() {
        execution.point(Operation.of(Operation.NOTHING, Operation.Effect.RELAXES, "lets others go first"));
    }
}
