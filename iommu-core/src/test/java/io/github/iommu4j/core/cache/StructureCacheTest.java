package io.github.iommu4j.core.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class StructureCacheTest {

    private static final long KEY = 0x110;
    private static final int ROUNDS = 20_000;

    private final CacheEpoch epoch = new CacheEpoch();

    private StructureCache<String> cache(int sets, int ways) {
        return new StructureCache<>(sets, ways, epoch);
    }

    private void insert(StructureCache<String> cache, long key) {
        cache.insert(epoch.now(), key, "of " + key);
    }

    private static long[] present(StructureCache<String> cache, long... keys) {
        return LongStream.of(keys)
                .filter(key -> ("of " + key).equals(cache.find(key)))
                .toArray();
    }

    @Test
    void whatIsInsertedIsFoundByItsKey() {
        StructureCache<String> cache = cache(4, 2);
        assertThat(cache.isPresent()).isTrue();
        assertThat(cache.find(KEY)).isNull();
        insert(cache, KEY);
        assertThat(cache.find(KEY)).isEqualTo("of " + KEY);
        assertThat(cache.find(KEY + 1)).isNull();
    }

    @Test
    void aCacheWithoutSetsKeepsNothing() {
        StructureCache<String> cache = cache(0, 1);
        assertThat(cache.isPresent()).isFalse();
        insert(cache, KEY);
        assertThat(cache.find(KEY)).isNull();
        cache.remove(KEY);
        cache.removeIf((key, value) -> {
            throw new AssertionError(value);
        });
    }

    @Test
    void nothingIsCachedThatWasReadBeforeAnInvalidation() {
        StructureCache<String> cache = cache(4, 2);
        long seen = epoch.now();
        epoch.advance();
        cache.insert(seen, KEY, "old");
        assertThat(cache.find(KEY)).isNull();
        insert(cache, KEY);
        cache.insert(seen, KEY, "old");
        assertThat(cache.find(KEY)).isEqualTo("of " + KEY);
    }

    @Test
    void theSameKeyTakesTheSamePlaceEvenBehindAnEmptyOne() {
        StructureCache<String> cache = cache(1, 3);
        insert(cache, 1);
        insert(cache, 2);
        cache.remove(1);
        cache.insert(epoch.now(), 2, "new");
        cache.remove(2);
        assertThat(cache.find(2)).isNull();
    }

    @Test
    void anEmptyPlaceIsTakenBeforeAnotherHasToGo() {
        StructureCache<String> cache = cache(1, 3);
        insert(cache, 1);
        insert(cache, 2);
        insert(cache, 3);
        cache.remove(2);
        insert(cache, 4);
        assertThat(present(cache, 1, 2, 3, 4)).containsExactly(1, 3, 4);
    }

    @Test
    void whereAllIsTakenOneAfterTheOtherHasToGo() {
        StructureCache<String> cache = cache(1, 3);
        LongStream.rangeClosed(1, 5).forEach(key -> insert(cache, key));
        assertThat(present(cache, 1, 2, 3, 4, 5)).containsExactly(3, 4, 5);
        LongStream.rangeClosed(6, 7).forEach(key -> insert(cache, key));
        assertThat(present(cache, 3, 4, 5, 6, 7)).containsExactly(5, 6, 7);
    }

    @Test
    void aRemovalTakesWhatItSelectsByKeyAndValue() {
        StructureCache<String> cache = cache(8, 4);
        LongStream.range(0, 6).forEach(key -> insert(cache, key));
        cache.removeIf((key, value) -> key % 2 == 0 || value.equals("of 3"));
        assertThat(present(cache, 0, 1, 2, 3, 4, 5)).containsExactly(1, 5);
    }

    /** A structure is its version; translators read and cache it while it changes and is invalidated. */
    @Test
    void nothingOutlivesItsInvalidation() throws Exception {
        StructureCache<Long> cache = new StructureCache<>(2, 2, epoch);
        AtomicLong memory = new AtomicLong();
        AtomicLong invalidated = new AtomicLong();
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            List<Future<Boolean>> translators = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                translators.add(threads.submit(() -> neverStale(cache, memory, invalidated)));
            }
            for (long version = 1; translators.stream().anyMatch(each -> !each.isDone()); version++) {
                memory.set(version);
                epoch.advance();
                cache.remove(KEY);
                epoch.advance();
                invalidated.set(version);
            }
            for (Future<Boolean> each : translators) {
                assertThat(each.get(60, TimeUnit.SECONDS)).isTrue();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private boolean neverStale(StructureCache<Long> cache, AtomicLong memory, AtomicLong invalidated) {
        for (int round = 0; round < ROUNDS; round++) {
            long least = invalidated.get();
            long seen = epoch.now();
            Long found = cache.find(KEY);
            if (found == null) {
                cache.insert(seen, KEY, memory.get());
            } else if (found < least) {
                return false;
            }
        }
        return true;
    }
}
