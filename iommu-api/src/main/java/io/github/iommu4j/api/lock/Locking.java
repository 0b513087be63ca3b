package io.github.iommu4j.api.lock;

/**
 * Hands out locks and everything else a task may wait on. One instance per model.
 *
 * <p><b>Thread-safety:</b> may be called from any thread.
 */
public interface Locking {

    /**
     * A sleeping lock.
     *
     * @param lockClass the class it belongs to
     * @return a new, free mutex
     */
    Mutex mutex(LockClass lockClass);

    /**
     * A sleeping reader-writer lock.
     *
     * @param lockClass the class it belongs to
     * @return a new, free semaphore
     */
    RwSemaphore rwSemaphore(LockClass lockClass);

    /**
     * A spinning lock.
     *
     * @param lockClass the class it belongs to
     * @return a new, free spin lock
     */
    SpinLock spinLock(LockClass lockClass);

    /**
     * Something to wait for.
     *
     * @param name what is waited for, for reports
     * @return a new completion, not done
     */
    Completion completion(String name);

    /**
     * A reference count.
     *
     * @param name what is counted, for reports
     * @return a new count of 1
     */
    RefCount refCount(String name);

    /**
     * Runs something in another context of the same task, as an interrupt would.
     *
     * @param context the context
     * @param action what runs there
     */
    void runIn(ExecutionContext context, Runnable action);

    /** The running task polls something that others change: lets them go first (Linux {@code cpu_relax}). */
    default void relax() {
        Thread.onSpinWait();
    }
}
