package io.github.iommu4j.lab.vector;

import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a table looks like at one moment. Addresses are in unsigned order.
 *
 * @param blocks the tables' memory: size by address
 * @param words all descriptors that are not zero, by address
 * @param leaves all leaves, by input address
 */
public record TableState(SortedMap<Long, Long> blocks, SortedMap<Long, Long> words, SortedMap<Long, Leaf> leaves) {

    private static final Comparator<Long> UNSIGNED = Long::compareUnsigned;

    /**
     * A leaf.
     *
     * @param size bytes it translates
     * @param descriptor its bits
     */
    public record Leaf(long size, long descriptor) {
        @Override
        public String toString() {
            return Members.text(descriptor) + " of size " + Members.text(size);
        }
    }

    /** Copies the maps, in unsigned order. */
    public TableState {
        blocks = unsigned(blocks);
        words = unsigned(words);
        leaves = unsigned(leaves);
    }

    private static <V> SortedMap<Long, V> unsigned(Map<Long, V> map) {
        SortedMap<Long, V> sorted = byAddress();
        sorted.putAll(map);
        return Collections.unmodifiableSortedMap(sorted);
    }

    /**
     * A map in unsigned order.
     *
     * @param <V> what is found at an address
     * @return empty
     */
    public static <V> SortedMap<Long, V> byAddress() {
        return new TreeMap<>(UNSIGNED);
    }
}
