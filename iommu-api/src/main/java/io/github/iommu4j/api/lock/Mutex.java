package io.github.iommu4j.api.lock;

/** A sleeping, non-recursive lock (Linux {@code struct mutex}). Taking one that the task holds is a broken model. */
public interface Mutex {

    /** Takes the lock, waiting for it. */
    default void lock() {
        lockNested(0);
    }

    /**
     * Takes the lock as one of several of its class (Linux {@code mutex_lock_nested}).
     *
     * @param subclass 0 to 7
     */
    void lockNested(int subclass);

    /**
     * Takes the lock if it is free.
     *
     * @return {@code true} when taken
     */
    boolean tryLock();

    /** Gives the lock up. The task must hold it. */
    void unlock();

    /**
     * Fails unless the running task holds the lock.
     *
     * @throws AssertionError when it does not
     */
    void assertHeld();

    /**
     * Fails when the running task holds the lock.
     *
     * @throws AssertionError when it does
     */
    void assertNotHeld();
}
