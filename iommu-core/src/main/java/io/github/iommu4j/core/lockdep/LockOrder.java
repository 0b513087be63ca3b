package io.github.iommu4j.core.lockdep;

/**
 * One class taken under another, as a report's graph shows it.
 *
 * @param from the class that is held
 * @param to the class that is taken under it
 * @param where where that was seen first; empty when traces are off
 * @param novelty whether the report is because of it
 */
public record LockOrder(LockName from, LockName to, Trace where, Novelty novelty) {

    /** Whether an order was seen before the report. */
    public enum Novelty {
        /** It was. */
        KNOWN,
        /** It is what the report is because of: it closes a cycle, or joins two classes that must not be joined. */
        NEW
    }
}
