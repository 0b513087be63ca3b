package io.github.iommu4j.core.lockdep;

import org.jspecify.annotations.Nullable;

/**
 * How a lock is taken, with everything the validator has to know (the arguments of Linux {@code lock_acquire}).
 * Immutable; build one once and use it for every such acquisition.
 *
 * @param mode alone or shared
 * @param subclass 0 to 7: which of several locks of the class
 * @param attempt whether the taker waits
 * @param checked whether orders are checked; {@link Checking#NONE} only remembers that the lock is held
 * @param nestLock a lock that is held and orders all locks of the class among themselves, or {@code null}
 */
public record Acquisition(
        LockMode mode,
        int subclass,
        Attempt attempt,
        Checking checked,
        @Nullable LockMap nestLock) {

    /** Whether a taker waits for the lock. */
    public enum Attempt {
        /** It waits. */
        WAIT,
        /** It takes the lock or leaves it: it can close no cycle. */
        TRY,
        /** It waits until nobody holds the lock and holds nothing afterwards ({@code lock_sync}). */
        SYNC
    }

    /** Whether orders are checked. */
    public enum Checking {
        /** They are. */
        FULL,
        /** The lock is only remembered as held: RCU. */
        NONE
    }

    /** Taken alone. */
    public static final Acquisition EXCLUSIVE = of(LockMode.EXCLUSIVE);
    /** Taken beside other readers. */
    public static final Acquisition SHARED = of(LockMode.SHARED);
    /** Taken beside other readers, whatever writers wait. */
    public static final Acquisition RECURSIVE = of(LockMode.RECURSIVE);
    /** RCU's read side: not checked, only remembered. */
    public static final Acquisition RCU_READ =
            new Acquisition(LockMode.RECURSIVE, 0, Attempt.WAIT, Checking.NONE, null);

    private static Acquisition of(LockMode mode) {
        return new Acquisition(mode, 0, Attempt.WAIT, Checking.FULL, null);
    }

    /**
     * The same as one of several locks of its class.
     *
     * @param newSubclass 0 to 7; others switch the validator off, as in the kernel
     * @return the other acquisition
     */
    public Acquisition nested(int newSubclass) {
        return new Acquisition(mode, newSubclass, attempt, checked, nestLock);
    }

    /**
     * The same without waiting.
     *
     * @return the other acquisition
     */
    public Acquisition trying() {
        return new Acquisition(mode, subclass, Attempt.TRY, checked, nestLock);
    }

    /**
     * The same as a wait until nobody holds the lock.
     *
     * @return the other acquisition
     */
    public Acquisition syncing() {
        return new Acquisition(mode, subclass, Attempt.SYNC, checked, nestLock);
    }

    /**
     * The same, ordered by a lock that is held.
     *
     * @param outer the lock that orders them
     * @return the other acquisition
     */
    public Acquisition under(LockMap outer) {
        return new Acquisition(mode, subclass, attempt, checked, outer);
    }

    boolean isTry() {
        return attempt == Attempt.TRY;
    }

    boolean isSync() {
        return attempt == Attempt.SYNC;
    }

    boolean isChecked() {
        return checked == Checking.FULL;
    }

    boolean isRead() {
        return mode != LockMode.EXCLUSIVE;
    }
}
