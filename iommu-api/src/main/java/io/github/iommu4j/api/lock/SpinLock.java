package io.github.iommu4j.api.lock;

/** A spinning, non-recursive lock (Linux {@code spinlock_t}). The holder must not sleep. */
public interface SpinLock {

    /** Takes the lock. */
    void lock();

    /**
     * Takes the lock if it is free.
     *
     * @return {@code true} when taken
     */
    boolean tryLock();

    /** Gives the lock up. */
    void unlock();

    /**
     * Takes the lock with interrupts off ({@code spin_lock_irqsave}).
     *
     * @return the interrupt state to restore
     */
    IrqState lockIrqSave();

    /**
     * Gives the lock up and restores the interrupts.
     *
     * @param state what {@link #lockIrqSave()} returned
     */
    void unlockIrqRestore(IrqState state);

    /** Takes the lock with soft interrupts off ({@code spin_lock_bh}). */
    void lockBh();

    /** Gives the lock up and lets soft interrupts in again. */
    void unlockBh();

    /**
     * Fails unless the running task holds the lock.
     *
     * @throws AssertionError when it does not
     */
    void assertHeld();

    /** Whether interrupts were on before they were switched off. */
    enum IrqState {
        /** They were on. */
        ENABLED,
        /** They were off already. */
        DISABLED
    }
}
