package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.cache.CacheEpoch;

/**
 * Hardware update of descriptors in memory (IHI 0070 §3.13, Arm ARM D8.5): compare-and-set of the whole descriptor.
 *
 * <p>A translation that began before an invalidation writes nothing after it: the monitor of this object is held from
 * the check of the {@link CacheEpoch} until the descriptor is written, and an invalidation that has advanced the epoch
 * waits for it with {@link #barrier}. So software that took a table away and saw its CMD_SYNC consumed has the table
 * for itself, and one that saw CR0ACK.SMMUEN=0 has all of them. Thread-safe; nothing else is locked inside.
 */
final class TableUpdates {

    /** What became of an update. */
    enum Outcome {
        /** The descriptor is as it was to be. */
        DONE,
        /** The descriptor was another one: walk again. */
        CHANGED,
        /** The translation is too old to write: begin it anew. */
        STALE
    }

    private final PhysicalMemory memory;
    private final CacheEpoch epoch;

    TableUpdates(PhysicalMemory memory, CacheEpoch epoch) {
        this.memory = memory;
        this.epoch = epoch;
    }

    /**
     * Replaces a descriptor.
     *
     * @param begun the epoch before the first read of the translation
     * @param at its physical address
     * @param expected the words as memory holds them
     */
    synchronized Outcome replace(long begun, long at, long expected, long replacement) {
        if (epoch.now() != begun) {
            return Outcome.STALE;
        }
        return memory.compareAndSet64(at, expected, replacement) ? Outcome.DONE : Outcome.CHANGED;
    }

    /** Returns once no translation of an epoch before now writes any more. */
    synchronized void barrier() {}
}
