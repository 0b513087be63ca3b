package io.github.iommu4j.core.lockdep;

/** What happens with a report. */
public enum ReportPolicy {
    /** It is thrown at the task that caused it, before the lock is taken. */
    THROW,
    /** It is kept, each once, and validation goes on. */
    RECORD,
    /** It is kept and validation ends: every later question is answered as if it were right, as in the kernel. */
    DISABLE_AFTER_FIRST
}
