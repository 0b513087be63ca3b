package io.github.iommu4j.core.lockdep;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The chains that were validated: a set of 64-bit hashes. A chain that was seen costs one probe.
 *
 * <p>Reads are lock-free and may miss what is being added; the owner serialises {@link #add}.
 */
final class ChainCache {

    /** The chain of a task that holds nothing. */
    static final long EMPTY_CHAIN = 0x5851_F42D_4C95_7F2DL;

    private static final int FIRST_CAPACITY = 256;
    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);

    private volatile long[] slots = new long[FIRST_CAPACITY];
    private int size;

    /** The chain that continues another with a class taken in a mode. */
    static long extend(long chain, int classId, int mode) {
        long key = (chain ^ (classId << 2 | mode)) * 0x9E37_79B9_7F4A_7C15L;
        key ^= key >>> 29;
        return key == 0 ? 1 : key;
    }

    boolean contains(long key) {
        long[] table = slots;
        int mask = table.length - 1;
        for (int i = (int) key & mask; ; i = i + 1 & mask) {
            long slot = (long) SLOT.getAcquire(table, i);
            if (slot == key) {
                return true;
            }
            if (slot == 0) {
                return false;
            }
        }
    }

    void add(long key) {
        if (2 * size >= slots.length) {
            long[] larger = new long[2 * slots.length];
            for (long each : slots) {
                if (each != 0) {
                    put(larger, each);
                }
            }
            slots = larger;
        }
        put(slots, key);
        size++;
    }

    private static void put(long[] table, long key) {
        int mask = table.length - 1;
        int i = (int) key & mask;
        while (table[i] != 0) {
            i = i + 1 & mask;
        }
        SLOT.setRelease(table, i, key);
    }

    int size() {
        return size;
    }
}
