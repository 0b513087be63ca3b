package io.github.iommu4j.core.lockdep;

/** How a lock is taken. */
public enum LockMode {
    /** Alone: a writer, a spin lock, a mutex. */
    EXCLUSIVE,
    /** Beside other readers, but a waiting writer stops it: {@code down_read}, {@code read_lock} of the queued kind. */
    SHARED,
    /** Beside other readers, and no waiting writer stops it: {@code read_lock} in an interrupt, {@code rcu_read_lock}. */
    RECURSIVE
}
