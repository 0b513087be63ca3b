package io.github.iommu4j.core.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A set-associative cache of immutable decoded structures by a 64-bit key, read without locks.
 *
 * <p>Insertion and removal follow the protocol of {@link CacheEpoch}; both take the cache's monitor, which is why an
 * insertion that saw the old epoch is over before the removal that follows the new one begins. Thread-safe.
 *
 * @param <T> what is cached
 */
public final class StructureCache<T> {

    private static final VarHandle NODE = MethodHandles.arrayElementVarHandle(Node[].class);
    private static final long HASH = 0x9E37_79B9_7F4A_7C15L;

    /** One entry, complete when it is seen. */
    private record Node<T>(long key, T value) {}

    /**
     * Which entries a removal takes.
     *
     * @param <T> what is cached
     */
    @FunctionalInterface
    public interface Selection<T> {

        /**
         * Whether it takes an entry.
         *
         * @param key its key
         * @param value the structure
         * @return {@code true} when it goes
         */
        boolean takes(long key, T value);
    }

    private final CacheEpoch epoch;
    private final int sets;
    private final int ways;
    private final int hashShift;
    private final @Nullable Node<?>[] nodes;
    private int nextVictim;

    /**
     * An empty cache.
     *
     * @param sets a power of two, or 0 for a cache that keeps nothing
     * @param ways entries of a set, at least 1
     * @param epoch the unit's
     */
    public StructureCache(int sets, int ways, CacheEpoch epoch) {
        this.epoch = epoch;
        this.sets = sets;
        this.ways = ways;
        hashShift = 64 - Integer.numberOfTrailingZeros(Math.max(sets, 2));
        nodes = new Node<?>[sets * ways];
    }

    /**
     * Whether it has room for anything.
     *
     * @return {@code false} without sets
     */
    public boolean isPresent() {
        return sets != 0;
    }

    /**
     * Looks for a structure.
     *
     * @param key its key
     * @return the structure, or {@code null} when it is not cached
     */
    @SuppressWarnings("unchecked") // only insert() stores, and it stores Node<T>
    public @Nullable T find(long key) {
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

    /**
     * Caches a structure, unless an invalidation began since. It takes the place of one with the same key, else an empty one, else
     * that of another.
     *
     * @param seen what the epoch was before the structure was read
     * @param key its key
     * @param value the structure
     */
    public void insert(long seen, long key, T value) {
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

    /**
     * Removes one key. The epoch must have been advanced before.
     *
     * @param key the key
     */
    public synchronized void remove(long key) {
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

    /**
     * Removes what a selection takes. The epoch must have been advanced before.
     *
     * @param selection which entries go
     */
    @SuppressWarnings("unchecked") // only insert() stores, and it stores Node<T>
    public synchronized void removeIf(Selection<? super T> selection) {
        for (int way = 0; way < nodes.length; way++) {
            Node<T> node = (Node<T>) nodes[way];
            if (node != null && selection.takes(node.key, node.value)) {
                NODE.setRelease(nodes, way, null);
            }
        }
    }

    private int setOf(long key) {
        return (int) (key * HASH >>> hashShift & sets - 1) * ways;
    }
}
