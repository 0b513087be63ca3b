package io.github.iommu4j.core.memory;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A block of an arena, which is free, or given out as one piece, or cut in two halves. Together the blocks are a binary
 * tree in which every node knows the largest free block below it, so that the lowest fitting one is found by descending
 * once. Guarded by the arena's lock.
 */
final class ArenaNode {

    /** The answer when nothing fits. */
    static final long NONE = -1;

    private static final int NOTHING_FREE = -1;
    private static final long NOT_A_PIECE = 0;

    private final int sizeLg2;
    private int largestFreeLg2;
    private long pieceSize = NOT_A_PIECE;
    private @Nullable ArenaNode low;
    private @Nullable ArenaNode high;

    ArenaNode(int sizeLg2) {
        this.sizeLg2 = sizeLg2;
        this.largestFreeLg2 = sizeLg2;
    }

    /** Sets apart what lies outside of a range of offsets, for ever. */
    void reserveOutside(long from, long end) {
        if (from <= 0 && end >= 1L << sizeLg2) {
            return;
        }
        if (end <= 0 || from >= 1L << sizeLg2) {
            largestFreeLg2 = NOTHING_FREE;
            return;
        }
        long half = 1L << sizeLg2 - 1;
        low().reserveOutside(from, end);
        high().reserveOutside(from - half, end - half);
        join();
    }

    /** Takes the lowest free block, and returns its offset or {@link #NONE}. */
    long take(int blockLg2, long asked) {
        if (largestFreeLg2 < blockLg2) {
            return NONE;
        }
        if (sizeLg2 == blockLg2) {
            largestFreeLg2 = NOTHING_FREE;
            pieceSize = asked;
            return 0;
        }
        boolean fitsLow = low().largestFreeLg2 >= blockLg2;
        long offset = fitsLow ? low().take(blockLg2, asked) : high().take(blockLg2, asked) + (1L << sizeLg2 - 1);
        join();
        return offset;
    }

    /** Frees the piece at an offset, and returns whether there was one of that size. */
    boolean giveBack(long offset, long asked) {
        if (low == null || high == null) {
            if (offset != 0 || pieceSize == NOT_A_PIECE || pieceSize != asked) {
                return false;
            }
            largestFreeLg2 = sizeLg2;
            pieceSize = NOT_A_PIECE;
            return true;
        }
        long half = 1L << sizeLg2 - 1;
        boolean known = offset < half ? low.giveBack(offset, asked) : high.giveBack(offset - half, asked);
        join();
        return known;
    }

    void collect(long address, List<ArenaAllocator.Piece> into) {
        if (pieceSize != NOT_A_PIECE) {
            into.add(new ArenaAllocator.Piece(address, pieceSize));
        }
        if (low != null && high != null) {
            low.collect(address, into);
            high.collect(address + (1L << sizeLg2 - 1), into);
        }
    }

    private void join() {
        int lowFree = low().largestFreeLg2;
        int highFree = high().largestFreeLg2;
        if (lowFree == sizeLg2 - 1 && highFree == sizeLg2 - 1) {
            low = null;
            high = null;
            largestFreeLg2 = sizeLg2;
        } else {
            largestFreeLg2 = Math.max(lowFree, highFree);
        }
    }

    private ArenaNode low() {
        ArenaNode half = low;
        if (half == null) {
            half = new ArenaNode(sizeLg2 - 1);
            low = half;
        }
        return half;
    }

    private ArenaNode high() {
        ArenaNode half = high;
        if (half == null) {
            half = new ArenaNode(sizeLg2 - 1);
            high = half;
        }
        return half;
    }
}
