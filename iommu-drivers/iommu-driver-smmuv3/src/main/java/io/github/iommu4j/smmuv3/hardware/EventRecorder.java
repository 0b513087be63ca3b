package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.core.cache.CacheEpoch;

/** Where the translation path hands event records. Thread-safe. */
interface EventRecorder {

    /** What became of a record. */
    enum Outcome {
        /** It stands in the queue in memory. */
        WRITTEN,
        /** The queue was full, disabled or broken; the rules of IHI 0070 §7.2.1 were applied. */
        DROPPED,
        /** The caches were invalidated since the record's translation began: nothing was done, translate again. */
        STALE
    }

    /**
     * Writes one 32-byte record, unless an invalidation came first.
     *
     * @param epoch the {@link CacheEpoch} value read before the translation began
     */
    Outcome record(long epoch, long dw0, long dw1, long dw2, long dw3);
}
