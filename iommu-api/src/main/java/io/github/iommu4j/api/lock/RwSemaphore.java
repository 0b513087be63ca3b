package io.github.iommu4j.api.lock;

/** A sleeping reader-writer lock (Linux {@code struct rw_semaphore}); readers are not recursive. */
public interface RwSemaphore {

    /** Takes the lock for reading, beside other readers. */
    void lockRead();

    /**
     * Takes the lock for reading if no writer has it.
     *
     * @return {@code true} when taken
     */
    boolean tryLockRead();

    /** Gives a read lock up. */
    void unlockRead();

    /** Takes the lock for writing, alone. */
    void lockWrite();

    /**
     * Takes the lock for writing if it is free.
     *
     * @return {@code true} when taken
     */
    boolean tryLockWrite();

    /** Gives the write lock up. */
    void unlockWrite();

    /** Turns the write lock into a read lock without letting a writer in between. */
    void downgrade();

    /**
     * Fails unless the running task holds the lock, for reading or writing.
     *
     * @throws AssertionError when it does not
     */
    void assertHeld();

    /**
     * Fails unless the running task holds the lock for writing.
     *
     * @throws AssertionError when it does not
     */
    void assertHeldForWrite();
}
