package io.github.iommu4j.smmuv3.hardware;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A set-associative cache of immutable decoded structures by a 64-bit key, read without locks.
 *
 * <p>Insertion and removal follow the protocol of {@link CacheEpoch}; both take the cache's lock, which is why an
 * insertion that saw the old epoch is over before the removal that follows the new one begins.
 *
 * @param <T> what is cached
 */
final class ConfigCache<T> {

    private static final VarHandle NODE = MethodHandles.arrayElementVarHandle(Node[].class);
    private static final long HASH = 0x9E37_79B9_7F4A_7C15L;

    /** One entry, complete when it is seen. */
    private record Node<T>(long key, T value) {}

    private final CacheEpoch epoch;
    private final int sets;
    private final int ways;
    private final int hashShift;
    private final @Nullable Node<?>[] nodes;
    private int nextVictim;

    ConfigCache(int sets, int ways, CacheEpoch epoch) {
        this.epoch = epoch;
        this.sets = sets;
        this.ways = ways;
        hashShift = 64 - Integer.numberOfTrailingZeros(Math.max(sets, 2));
        nodes = new Node<?>[sets * ways];
    }

    @SuppressWarnings("unchecked") // only insert() stores, and it stores Node<T>
    @Nullable
    T find(long key) {
        if (sets == 0) {
            return null;
        }
        int first = setOf(key);
        for (int way = first; way < first + ways; way++) {
            Node<T> node = (Node<T>) NODE.getAcquire(nodes, way);
            if (node != null && node.key == key) {
                return node.value;
            }
        }
        return null;
    }

    /** Caches a value, unless an invalidation began since {@code seen} was read. */
    void insert(long seen, long key, T value) {
        if (sets == 0) {
            return;
        }
        synchronized (this) {
            if (epoch.now() == seen) {
                NODE.setRelease(nodes, victim(key), new Node<>(key, value));
            }
        }
    }

    private int victim(long key) {
        int first = setOf(key);
        int empty = -1;
        for (int way = first; way < first + ways; way++) {
            Node<?> node = nodes[way];
            if (node == null) {
                empty = empty < 0 ? way : empty;
            } else if (node.key == key) {
                return way;
            }
        }
        return empty >= 0 ? empty : first + Math.floorMod(nextVictim++, ways);
    }

    /** Removes one key. The epoch must have been advanced before. */
    synchronized void remove(long key) {
        if (sets != 0) {
            int first = setOf(key);
            for (int way = first; way < first + ways; way++) {
                Node<?> node = nodes[way];
                if (node != null && node.key == key) {
                    NODE.setRelease(nodes, way, null);
                }
            }
        }
    }

    /** Removes every key that fits. The epoch must have been advanced before. */
    synchronized void removeIf(LongPredicate fits) {
        for (int way = 0; way < nodes.length; way++) {
            Node<?> node = nodes[way];
            if (node != null && fits.test(node.key)) {
                NODE.setRelease(nodes, way, null);
            }
        }
    }

    private int setOf(long key) {
        return (int) (key * HASH >>> hashShift & sets - 1) * ways;
    }
}
