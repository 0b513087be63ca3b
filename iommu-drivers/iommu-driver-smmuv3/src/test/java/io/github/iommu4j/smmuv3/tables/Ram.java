package io.github.iommu4j.smmuv3.tables;

import io.github.iommu4j.core.memory.SparseMemory;
import java.util.ArrayList;
import java.util.List;

/** Where structures are put: two windows of physical memory, one of them below 4 GiB, filled from the bottom. */
public final class Ram {

    private static final int WINDOW_LG2 = 26;
    private static final long LOW_WINDOW = 0x4000_0000L;

    private final SparseMemory memory;
    private final Dice dice;
    private final int addressBits;
    private final List<Long> written = new ArrayList<>();
    private final long highWindow;
    private long lowNext = LOW_WINDOW;
    private long highNext;

    /**
     * Takes two windows of a memory.
     *
     * @param memory told of the windows
     * @param addressBits physical addresses the SMMU can put out, at least 32
     */
    public Ram(SparseMemory memory, int addressBits, Dice dice) {
        this.memory = memory;
        this.dice = dice;
        this.addressBits = addressBits;
        this.highWindow = (1L << addressBits) - (1L << WINDOW_LG2);
        this.highNext = highWindow;
        memory.addRam(LOW_WINDOW, 1L << WINDOW_LG2);
        memory.addRam(highWindow, 1L << WINDOW_LG2);
    }

    public SparseMemory memory() {
        return memory;
    }

    /**
     * Takes a naturally aligned block that was never used.
     *
     * @param sizeLg2 log2 of bytes
     * @param bits width of the field that will hold the address
     */
    public long allocate(int sizeLg2, int bits) {
        long size = 1L << sizeLg2;
        if (bits >= addressBits && !dice.oneIn(2)) {
            long start = highNext + size - 1 & -size;
            highNext = start + size;
            if (Long.compareUnsigned(highNext - highWindow, 1L << WINDOW_LG2) > 0) {
                throw new IllegalStateException("the upper window is full");
            }
            return start;
        }
        long start = lowNext + size - 1 & -size;
        lowNext = start + size;
        if (lowNext - LOW_WINDOW > 1L << WINDOW_LG2) {
            throw new IllegalStateException("the lower window is full");
        }
        return start;
    }

    /** Writes a word of a structure and remembers that there is one. */
    public void store(long address, long word) {
        memory.store64(address, word);
        written.add(address);
    }

    public long load(long address) {
        return memory.load64(address);
    }

    /** Addresses of all structure words, in the order they were written. */
    public List<Long> written() {
        return written;
    }
}
