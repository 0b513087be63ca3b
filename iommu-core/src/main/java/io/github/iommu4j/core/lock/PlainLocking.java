package io.github.iommu4j.core.lock;

import io.github.iommu4j.api.lock.Completion;
import io.github.iommu4j.api.lock.ExecutionContext;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.api.lock.RefCount;
import io.github.iommu4j.api.lock.RwSemaphore;
import io.github.iommu4j.api.lock.SpinLock;
import org.jspecify.annotations.Nullable;

/**
 * Locks over {@code java.util.concurrent}, with no more cost than the check that a task does not take a lock twice: the
 * kernel would deadlock there, so it is an {@link AssertionError} here.
 *
 * <p><b>Thread-safety:</b> everything may be used from any thread; a task is a thread.
 */
public final class PlainLocking implements Locking {

    private final @Nullable WaitObserver observer;

    /** Plain locks that tell nobody when they wait. */
    public PlainLocking() {
        this.observer = null;
    }

    /**
     * Plain locks that say when a task waits.
     *
     * @param observer is told before and after every wait
     */
    public PlainLocking(WaitObserver observer) {
        this.observer = observer;
    }

    @Override
    public Mutex mutex(LockClass lockClass) {
        return new PlainMutex(lockClass, observer);
    }

    @Override
    public RwSemaphore rwSemaphore(LockClass lockClass) {
        return new PlainRwSemaphore(lockClass, observer);
    }

    @Override
    public SpinLock spinLock(LockClass lockClass) {
        return new PlainSpinLock(lockClass, observer);
    }

    @Override
    public Completion completion(String name) {
        return new PlainCompletion(name, observer);
    }

    @Override
    public RefCount refCount(String name) {
        return new PlainRefCount(name);
    }

    @Override
    public void runIn(ExecutionContext context, Runnable action) {
        action.run();
    }
}
