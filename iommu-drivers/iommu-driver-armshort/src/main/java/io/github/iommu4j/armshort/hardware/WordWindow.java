package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.api.memory.MmioRegion;

/** A window that only aligned accesses of 32 bits reach; all others read zero and write nothing. */
abstract class WordWindow implements MmioRegion {

    private final long size;

    WordWindow(long size) {
        this.size = size;
    }

    /** The word at an offset, a multiple of 4 within the window. */
    abstract int load(int offset);

    /** Writes the word at an offset, a multiple of 4 within the window. */
    abstract void store(int offset, int value);

    @Override
    public final long size() {
        return size;
    }

    private boolean reaches(long offset, int width) {
        return width == 4 && offset >= 0 && offset < size && (offset & 3) == 0;
    }

    @Override
    public final long read(long offset, int width) {
        return reaches(offset, width) ? load((int) offset) & 0xFFFF_FFFFL : 0;
    }

    @Override
    public final void write(long offset, int width, long value) {
        if (reaches(offset, width)) {
            store((int) offset, (int) value);
        }
    }
}
