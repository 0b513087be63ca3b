package io.github.iommu4j.vtd.hardware;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts invalidations and control changes, so that nothing learned before one is cached after it.
 *
 * <p>The invalidating side advances the epoch first and removes entries afterwards. The translating side reads the epoch
 * before its first look; it inserts only if, holding the lock of the place, the epoch is still the same. An insertion is
 * therefore either before the advance, and removed by what follows, or it does not happen. The invalidating side
 * advances once more at the end, so that no answer remembered by its epoch ({@link RecentAnswers}) outlives the entries.
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
