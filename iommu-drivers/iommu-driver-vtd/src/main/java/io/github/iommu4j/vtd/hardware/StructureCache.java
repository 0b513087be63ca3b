package io.github.iommu4j.vtd.hardware;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A cache of decoded structures by a number, four in a set, read without locks. Insertion and removal take its monitor
 * and follow the protocol of {@link CacheEpoch}.
 *
 * @param <T> what is cached
 */
final class StructureCache<T> {

    private static final int WAYS = 4;
    private static final long MIX = 0x9E37_79B9_7F4A_7C15L;

    /**
     * A cached structure.
     *
     * @param key its number
     * @param value the structure
     */
    record Entry<T>(long key, T value) {}

    private final CacheEpoch epoch;
    private final int shift;
    private final int sets;
    private final AtomicReferenceArray<@Nullable Entry<T>> entries;
    private int nextVictim;

    StructureCache(int sets, CacheEpoch epoch) {
        this.epoch = epoch;
        this.sets = sets;
        shift = 64 - Integer.numberOfTrailingZeros(Math.max(sets, 2));
        entries = new AtomicReferenceArray<>(sets * WAYS);
    }

    /** Whether it has room for anything. */
    boolean isPresent() {
        return sets != 0;
    }

    @Nullable
    T find(long key) {
        if (sets == 0) {
            return null;
        }
        int set = setOf(key);
        for (int way = set; way < set + WAYS; way++) {
            Entry<T> entry = entries.getAcquire(way);
            if (entry != null && entry.key == key) {
                return entry.value;
            }
        }
        return null;
    }

    /** Caches a structure, unless an invalidation began since {@code seen} was read. */
    synchronized void insert(long seen, long key, T value) {
        if (sets == 0 || epoch.now() != seen) {
            return;
        }
        int set = setOf(key);
        int place = set + (nextVictim++ & WAYS - 1);
        for (int way = set; way < set + WAYS; way++) {
            Entry<T> entry = entries.getPlain(way);
            if (entry == null || entry.key == key) {
                place = way;
                break;
            }
        }
        entries.set(place, new Entry<>(key, value));
    }

    /** Removes what a test takes. The epoch must have been advanced before. */
    synchronized void remove(Predicate<Entry<T>> test) {
        for (int i = 0; i < entries.length(); i++) {
            Entry<T> entry = entries.getPlain(i);
            if (entry != null && test.test(entry)) {
                entries.set(i, null);
            }
        }
    }

    private int setOf(long key) {
        return (int) (key * MIX >>> shift & sets - 1) * WAYS;
    }
}
