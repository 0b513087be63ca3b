package io.github.iommu4j.core.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Finds the chunk of a chunk number: a flat directory for low addresses, which grows as needed, and a radix of three
 * levels for the rest.
 *
 * <p>Reads are lock-free; the owner serialises {@link #put}.
 */
final class ChunkDirectory {

    /** Width of a physical address. */
    static final int ADDRESS_BITS = 52;
    /** Log2 of the bytes in a chunk. */
    static final int CHUNK_LG2 = 16;

    private static final int NEAR_LIMIT = 1 << 34 - CHUNK_LG2;
    private static final int FIRST_NEAR = 1 << 10;
    private static final int FANOUT_LG2 = (ADDRESS_BITS - CHUNK_LG2) / 3;
    private static final int FANOUT = 1 << FANOUT_LG2;
    private static final int FANOUT_MASK = FANOUT - 1;
    private static final VarHandle NEAR = MethodHandles.arrayElementVarHandle(long[][].class);
    private static final VarHandle FAR = MethodHandles.arrayElementVarHandle(Object[].class);

    private volatile long[] @Nullable [] near = new long[FIRST_NEAR][];
    private volatile @Nullable Object @Nullable [] far;

    long @Nullable [] get(long number) {
        long[] @Nullable [] directory = near;
        return number < directory.length ? (long[]) NEAR.getAcquire(directory, (int) number) : getFar(number);
    }

    private long @Nullable [] getFar(long number) {
        @Nullable Object @Nullable [] node = far;
        for (int level = 2; level > 0; level--) {
            if (node == null) {
                return null;
            }
            node = (Object[]) FAR.getAcquire(node, index(number, level));
        }
        return node == null ? null : (long[]) FAR.getAcquire(node, index(number, 0));
    }

    void put(long number, long[] chunk) {
        if (number < NEAR_LIMIT) {
            NEAR.setRelease(grownTo((int) number), (int) number, chunk);
        } else {
            FAR.setRelease(farLeaf(number), index(number, 0), chunk);
        }
    }

    private long[] @Nullable [] grownTo(int number) {
        long[] @Nullable [] directory = near;
        if (number >= directory.length) {
            long[] @Nullable [] larger = new long[Integer.highestOneBit(number) << 1][];
            System.arraycopy(directory, 0, larger, 0, directory.length);
            near = larger;
            directory = larger;
        }
        return directory;
    }

    private @Nullable Object[] farLeaf(long number) {
        @Nullable Object @Nullable [] node = far;
        if (node == null) {
            node = new Object[FANOUT];
            far = node;
        }
        for (int level = 2; level > 0; level--) {
            Object[] next = (Object[]) node[index(number, level)];
            if (next == null) {
                next = new Object[FANOUT];
                FAR.setRelease(node, index(number, level), next);
            }
            node = next;
        }
        return node;
    }

    private static int index(long number, int level) {
        return (int) (number >>> level * FANOUT_LG2) & FANOUT_MASK;
    }

    /** Receives chunks. */
    @FunctionalInterface
    interface Visitor {
        void chunk(long number, long[] chunk);
    }

    /** Shows every chunk, by ascending number. What is put meanwhile may be shown or not. */
    void forEach(Visitor visitor) {
        long[] @Nullable [] directory = near;
        for (int number = 0; number < directory.length; number++) {
            long[] chunk = (long[]) NEAR.getAcquire(directory, number);
            if (chunk != null) {
                visitor.chunk(number, chunk);
            }
        }
        @Nullable Object @Nullable [] root = far;
        if (root != null) {
            forEach(root, 2, 0, visitor);
        }
    }

    private static void forEach(@Nullable Object[] node, int level, long before, Visitor visitor) {
        for (int i = 0; i < FANOUT; i++) {
            Object next = FAR.getAcquire(node, i);
            long number = before << FANOUT_LG2 | i;
            if (next != null && level == 0) {
                visitor.chunk(number, (long[]) next);
            } else if (next != null) {
                forEach((Object[]) next, level - 1, number, visitor);
            }
        }
    }
}
