package io.github.iommu4j.core.lockdep;

/** What a lock is in the kernel: decides how long it may make its taker wait. */
public enum LockKind {
    /** {@code spinlock_t}. */
    SPIN(WaitType.NONE, WaitType.CONFIG),
    /** {@code raw_spinlock_t}. */
    RAW_SPIN(WaitType.NONE, WaitType.SPIN),
    /** {@code rwlock_t}. */
    RW_LOCK(WaitType.NONE, WaitType.CONFIG),
    /** {@code struct mutex}. */
    MUTEX(WaitType.NONE, WaitType.SLEEP),
    /** {@code struct rt_mutex}. */
    RT_MUTEX(WaitType.NONE, WaitType.SLEEP),
    /** {@code struct rw_semaphore}. */
    RW_SEMAPHORE(WaitType.NONE, WaitType.SLEEP),
    /** {@code seqcount_t}; not checked for waiting. */
    SEQCOUNT(WaitType.NONE, WaitType.NONE),
    /** {@code rcu_read_lock}. */
    RCU(WaitType.FREE, WaitType.CONFIG),
    /** {@code rcu_read_lock_bh}. */
    RCU_BH(WaitType.FREE, WaitType.CONFIG),
    /** {@code rcu_read_lock_sched}. */
    RCU_SCHED(WaitType.FREE, WaitType.SPIN),
    /** {@code local_lock_t}: one per CPU, so that interrupts of other CPUs do not matter. */
    LOCAL(WaitType.NONE, WaitType.CONFIG),
    /** A wait that is annotated like a lock: a work item, a per-CPU rwsem, memory reclaim; not checked for waiting. */
    MAP(WaitType.NONE, WaitType.NONE);

    private final WaitType outer;
    private final WaitType inner;

    LockKind(WaitType outer, WaitType inner) {
        this.outer = outer;
        this.inner = inner;
    }

    /**
     * What taking the lock needs.
     *
     * @return the type, or {@link WaitType#NONE} when it is the same as {@link #inner()}
     */
    public WaitType outer() {
        return outer;
    }

    /**
     * What the lock allows under it.
     *
     * @return the type, or {@link WaitType#NONE} when it is not checked
     */
    public WaitType inner() {
        return inner;
    }
}
