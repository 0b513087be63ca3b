package io.github.iommu4j.core.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class StructureCacheProperties {

    private static final int KEYS = 40;
    private static final int ACTIONS = 6;

    /** Its twin is a map that evicts nothing: what is found is what the map has. */
    @Property
    void whatIsFoundWasInsertedLastAndNotRemoved(
            @ForAll @Size(max = 200) List<@IntRange(max = KEYS * ACTIONS - 1) Integer> steps,
            @ForAll @IntRange(max = 3) int setsLg2,
            @ForAll @IntRange(min = 1, max = 4) int ways) {
        CacheEpoch epoch = new CacheEpoch();
        StructureCache<Integer> cache = new StructureCache<>(1 << setsLg2, ways, epoch);
        Map<Long, Integer> all = new HashMap<>();
        for (int n = 0; n < steps.size(); n++) {
            long key = steps.get(n) % KEYS;
            switch (steps.get(n) / KEYS) {
                case 3 -> cache.insert(epoch.now() - 1, key, -1);
                case 4 -> {
                    epoch.advance();
                    cache.remove(key);
                    all.remove(key);
                }
                case 5 -> {
                    epoch.advance();
                    cache.removeIf((each, value) -> each % 2 == key % 2 && value % 3 != 0);
                    all.entrySet().removeIf(each -> each.getKey() % 2 == key % 2 && each.getValue() % 3 != 0);
                }
                default -> {
                    cache.insert(epoch.now(), key, n);
                    all.put(key, n);
                    assertThat(cache.find(key)).isEqualTo(n);
                }
            }
            for (long each = 0; each < KEYS; each++) {
                Integer found = cache.find(each);
                if (found != null) {
                    assertThat(all.get(each)).isEqualTo(found);
                }
            }
        }
    }

    /** As many keys as there are ways always fit, whatever they are and whatever came before. */
    @Property
    void aSetKeepsAsManyAsItHasWays(
            @ForAll List<Long> before, @ForAll @Size(max = 4) List<Long> keys, @ForAll @IntRange(max = 3) int setsLg2) {
        CacheEpoch epoch = new CacheEpoch();
        StructureCache<Long> cache = new StructureCache<>(1 << setsLg2, 4, epoch);
        before.forEach(key -> cache.insert(epoch.now(), key, key));
        epoch.advance();
        cache.removeIf((key, value) -> true);
        keys.forEach(key -> cache.insert(epoch.now(), key, key));
        keys.forEach(key -> assertThat(cache.find(key)).isEqualTo(key));
    }
}
