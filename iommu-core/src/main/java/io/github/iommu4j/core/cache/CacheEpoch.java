package io.github.iommu4j.core.cache;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts invalidations and control changes, so that what a translation learned before one is neither cached nor
 * recorded after it.
 *
 * <p>The invalidating side advances the epoch <em>first</em> and removes entries afterwards. The translating side reads
 * the epoch before its first look; it inserts into a cache only if, holding the lock of the place, the epoch is still
 * the same, and it starts again if the epoch moved before its result or the record of its fault was final. An insertion is
 * therefore either before the advance, and removed by the sweep that follows, or it does not happen.
 *
 * <p>Between the two a translation may still find what is about to be removed, and its answer is right: it overlaps the
 * invalidation. The invalidating side advances the epoch <em>again</em> when the entries are gone, so that no answer
 * remembered by its epoch ({@link RecentAnswers}) outlives them.
 *
 * <p>Thread-safe.
 */
public final class CacheEpoch {

    private final AtomicLong value = new AtomicLong();

    /** The first epoch, 0. */
    public CacheEpoch() {}

    /**
     * The epoch now.
     *
     * @return a number that only grows
     */
    public long now() {
        return value.get();
    }

    /** Begins another epoch. Whatever was read or written before is seen by all who see the new one. */
    public void advance() {
        value.incrementAndGet();
    }
}
