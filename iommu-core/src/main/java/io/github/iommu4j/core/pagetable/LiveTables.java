package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.SpinLock;
import java.util.Arrays;

/**
 * Which tables are allocated, and for which level: so that a descriptor that somebody has scribbled over can neither
 * free what is not a table nor free a table twice, and so that no table is lost. Open addressing over the addresses, which
 * leave room for the level in their low bits.
 */
final class LiveTables {

    private static final LockClass LOCK = new LockClass("&pagetable->tables_lock");
    private static final int FIRST_SLOTS = 16;
    private static final long LEVEL_MASK = 0xF;
    private static final long EMPTY = 0;

    private final SpinLock lock;
    private long[] slots = new long[FIRST_SLOTS];
    private int count;

    LiveTables(Locking locking) {
        this.lock = locking.spinLock(LOCK);
    }

    void add(long table, int level) {
        lock.lock();
        try {
            if (++count > slots.length / 2) {
                grow();
            }
            slots[find(slots, key(table, level))] = key(table, level);
        } finally {
            lock.unlock();
        }
    }

    /** Forgets a table, and returns whether it was known for that level. */
    boolean remove(long table, int level) {
        lock.lock();
        try {
            int slot = find(slots, key(table, level));
            if (slots[slot] == EMPTY) {
                return false;
            }
            count--;
            close(slot);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Every table as a key, ascending by address: see {@link #table} and {@link #level}. */
    long[] sorted() {
        lock.lock();
        try {
            return Arrays.stream(slots).filter(key -> key != EMPTY).sorted().toArray();
        } finally {
            lock.unlock();
        }
    }

    static long table(long key) {
        return key & ~LEVEL_MASK;
    }

    static int level(long key) {
        return (int) (key & LEVEL_MASK) - 1;
    }

    private static long key(long table, int level) {
        return table | level + 1;
    }

    private static int find(long[] slots, long key) {
        int slot = home(slots, key);
        while (slots[slot] != EMPTY && slots[slot] != key) {
            slot = slot + 1 & slots.length - 1;
        }
        return slot;
    }

    private static int home(long[] slots, long key) {
        return (int) (key * 0x9E37_79B9_7F4A_7C15L >>> 40) & slots.length - 1;
    }

    private void grow() {
        long[] larger = new long[slots.length * 2];
        for (long key : slots) {
            if (key != EMPTY) {
                larger[find(larger, key)] = key;
            }
        }
        slots = larger;
    }

    /** Empties a slot and moves up what had to go past it. */
    private void close(int hole) {
        int mask = slots.length - 1;
        int slot = hole;
        while (true) {
            slots[hole] = EMPTY;
            long key;
            do {
                slot = slot + 1 & mask;
                key = slots[slot];
                if (key == EMPTY) {
                    return;
                }
            } while ((slot - home(slots, key) & mask) < (slot - hole & mask));
            slots[hole] = key;
            hole = slot;
        }
    }
}
