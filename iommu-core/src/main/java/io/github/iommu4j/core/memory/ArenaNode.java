package io.github.iommu4j.core.memory;

import io.github.iommu4j.core.bits.Log2;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A block of an arena in 64 parts. A part is free, or belongs to a piece that is given out, or is a block itself. Every
 * node knows which of its parts can serve a smaller request, so that the lowest place that fits is found by going down
 * once. Guarded by the arena's lock.
 *
 * <p>All offsets are in bytes from the block's start; a "place" is a power of two, aligned to itself.
 */
final class ArenaNode {

    /** The answer when nothing fits. */
    static final long NONE = -1;
    /** The smallest place. */
    static final int SMALLEST_LG2 = 6;

    private static final int PARTS_LG2 = 6;
    private static final int PARTS = 1 << PARTS_LG2;
    private static final int NOTHING_FREE = -1;

    /** The parts at which an aligned run of 2^i parts may begin. */
    private static final long[] ALIGNED = {
        -1L,
        0x5555_5555_5555_5555L,
        0x1111_1111_1111_1111L,
        0x0101_0101_0101_0101L,
        0x0001_0001_0001_0001L,
        0x0000_0001_0000_0001L,
        0x0000_0000_0000_0001L
    };

    private final int partLg2;
    /** Parts that are free as a whole. */
    private long free = -1;
    /** For each size below a part's, from the smallest: the parts in which there is a free place of it. */
    private final long[] fits;
    /** What begins at a part: log2 of the place's size, above log2 of what was asked for; 0 for nothing. */
    private final short[] pieces = new short[PARTS];

    private @Nullable ArenaNode @Nullable [] blocks;
    /** Log2 of the largest free place that the block above has been told of. */
    private int knownLargest;

    private ArenaNode(int partLg2) {
        this.partLg2 = partLg2;
        this.fits = new long[partLg2 - SMALLEST_LG2];
        this.knownLargest = sizeLg2();
        Arrays.fill(fits, -1);
    }

    /** A free block that is at least as large as asked for. */
    static ArenaNode ofAtLeast(int sizeLg2) {
        int partLg2 = SMALLEST_LG2;
        while (partLg2 + PARTS_LG2 < sizeLg2) {
            partLg2 += PARTS_LG2;
        }
        return new ArenaNode(partLg2);
    }

    int sizeLg2() {
        return partLg2 + PARTS_LG2;
    }

    /** Sets apart what lies outside of a range, for ever. */
    void reserveOutside(long from, long end) {
        for (int part = 0; part < PARTS; part++) {
            long start = (long) part << partLg2;
            long stop = start + (1L << partLg2);
            if (stop <= from || start >= end) {
                occupy(1L << part);
            } else if (start < from || stop > end) {
                block(part).reserveOutside(from - start, end - start);
                refresh(part);
            }
        }
    }

    /** Log2 of the largest free place, or -1. */
    private int largestFree() {
        if (free != 0) {
            int runLg2 = 0;
            long starts = free;
            while (starts != 0 && runLg2 <= PARTS_LG2) {
                starts = longer(starts, runLg2++);
            }
            return partLg2 + runLg2 - 1;
        }
        int size = fits.length - 1;
        while (size >= 0 && fits[size] == 0) {
            size--;
        }
        return size < 0 ? NOTHING_FREE : size + SMALLEST_LG2;
    }

    /** The parts at which an aligned run of free ones begins. */
    private long runs(int runLg2) {
        long starts = free;
        for (int i = 0; i < runLg2; i++) {
            starts = longer(starts, i);
        }
        return starts;
    }

    /** A run stays when the one behind it is there too, and both together are aligned. */
    private static long longer(long starts, int runLg2) {
        return runLg2 == PARTS_LG2 ? 0 : starts & starts >>> (1 << runLg2) & ALIGNED[runLg2 + 1];
    }

    /** Takes the lowest free place, and returns its offset or {@link #NONE}. */
    long take(int placeLg2, int askedLg2) {
        if (placeLg2 >= partLg2) {
            return takeParts(placeLg2, askedLg2);
        }
        long candidates = fits[placeLg2 - SMALLEST_LG2];
        if (candidates == 0) {
            return NONE;
        }
        int part = Long.numberOfTrailingZeros(candidates);
        long offset = block(part).take(placeLg2, askedLg2);
        refresh(part);
        return ((long) part << partLg2) + offset;
    }

    private long takeParts(int placeLg2, int askedLg2) {
        int runLg2 = placeLg2 - partLg2;
        long candidates = runLg2 > PARTS_LG2 ? 0 : runs(runLg2);
        if (candidates == 0) {
            return NONE;
        }
        int part = Long.numberOfTrailingZeros(candidates);
        occupy(Log2.mask(1 << runLg2) << part);
        pieces[part] = (short) (placeLg2 << PARTS_LG2 | askedLg2);
        return (long) part << partLg2;
    }

    /** Frees the piece at an offset, and returns whether there was one of that size. */
    boolean giveBack(long offset, int askedLg2) {
        long part = offset >>> partLg2;
        if (part >= PARTS) {
            return false;
        }
        ArenaNode block = blocks == null ? null : blocks[(int) part];
        if (block != null) {
            boolean known = block.giveBack(offset & Log2.mask(partLg2), askedLg2);
            refresh((int) part);
            return known;
        }
        int piece = pieces[(int) part];
        if (piece == 0 || (piece & PARTS - 1) != askedLg2 || !Log2.isAligned(offset, partLg2)) {
            return false;
        }
        pieces[(int) part] = 0;
        release(Log2.mask(1 << (piece >>> PARTS_LG2) - partLg2) << part);
        return true;
    }

    /** Lists the pieces, ascending. */
    void collect(long address, List<ArenaAllocator.Piece> into) {
        for (int part = 0; part < PARTS; part++) {
            long start = address + ((long) part << partLg2);
            if (pieces[part] != 0) {
                into.add(new ArenaAllocator.Piece(start, 1L << (pieces[part] & PARTS - 1)));
            }
            ArenaNode block = blocks == null ? null : blocks[part];
            if (block != null) {
                block.collect(start, into);
            }
        }
    }

    /** The block that a part is, or from now on is. */
    private ArenaNode block(int part) {
        if (blocks == null) {
            blocks = new ArenaNode[PARTS];
        }
        ArenaNode block = blocks[part];
        if (block == null) {
            block = new ArenaNode(partLg2 - PARTS_LG2);
            blocks[part] = block;
            free &= ~(1L << part);
        }
        return block;
    }

    /** A block has changed: it may have become a free part again. */
    private void refresh(int part) {
        ArenaNode block = block(part);
        int before = block.knownLargest;
        int now = block.largestFree();
        block.knownLargest = now;
        if (now == partLg2 && blocks != null) {
            blocks[part] = null;
            release(1L << part);
            return;
        }
        long bit = 1L << part;
        for (int size = Math.max(now + 1, SMALLEST_LG2); size <= before && size < partLg2; size++) {
            fits[size - SMALLEST_LG2] &= ~bit;
        }
        for (int size = Math.max(before + 1, SMALLEST_LG2); size <= now; size++) {
            fits[size - SMALLEST_LG2] |= bit;
        }
    }

    private void occupy(long parts) {
        free &= ~parts;
        for (int i = 0; i < fits.length; i++) {
            fits[i] &= ~parts;
        }
    }

    private void release(long parts) {
        free |= parts;
        for (int i = 0; i < fits.length; i++) {
            fits[i] |= parts;
        }
    }
}
