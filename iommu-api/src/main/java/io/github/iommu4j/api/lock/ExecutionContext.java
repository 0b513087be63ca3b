package io.github.iommu4j.api.lock;

/** What kind of kernel code a task is running. */
public enum ExecutionContext {
    /** A process or kernel thread: may sleep. */
    TASK,
    /** A soft interrupt: may not sleep. */
    SOFTIRQ,
    /** A hard interrupt: may not sleep. */
    HARDIRQ
}
