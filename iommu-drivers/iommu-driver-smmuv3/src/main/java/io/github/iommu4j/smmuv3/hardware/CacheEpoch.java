package io.github.iommu4j.smmuv3.hardware;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts invalidations and control changes, so that what a translation learned before one is neither cached nor
 * recorded after it.
 *
 * <p>The invalidating side advances the epoch <em>first</em> and removes entries afterwards. The translating side reads
 * the epoch before its first fetch; it inserts into a cache only if, holding that cache set's lock, the epoch is still
 * the same, and it starts again if the epoch moved before its result or its event record was final. An insertion is
 * therefore either before the advance, and removed by the sweep that follows, or it does not happen.
 *
 * <p>Between the two a translation may still find what is about to be removed, and its answer is right: it overlaps the
 * invalidation. The invalidating side advances the epoch <em>again</em> when the entries are gone, so that no answer
 * remembered by its epoch ({@link RecentAnswers}) outlives them.
 */
final class CacheEpoch {

    private final AtomicLong value = new AtomicLong();

    long now() {
        return value.get();
    }

    void advance() {
        value.incrementAndGet();
    }
}
