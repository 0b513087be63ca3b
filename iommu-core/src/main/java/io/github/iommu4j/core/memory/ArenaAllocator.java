package io.github.iommu4j.core.memory;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.Log2;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives out pieces of an arena of physical memory: always the lowest place where as many bytes are free as the larger of
 * size and alignment, aligned to that, and zeroed. The same requests give the same addresses.
 *
 * <p>Taking and giving back cost a few steps for every factor of 64 between the arena's size and the piece's.
 *
 * <p><b>Thread-safety:</b> every method may be called from any thread; a spin lock is held while the books are changed.
 */
public final class ArenaAllocator implements PageAllocator {

    /**
     * A piece that is given out.
     *
     * @param address physical address
     * @param size the bytes that were asked for
     */
    public record Piece(long address, long size) {}

    private static final LockClass LOCK = new LockClass("&arena->lock");
    private static final int LARGEST_LG2 = 52;

    private final PhysicalMemory memory;
    private final SpinLock lock;
    private final long base;
    private final ArenaNode root;

    /**
     * An allocator over free memory.
     *
     * @param memory the memory, whose words in the arena may be overwritten
     * @param base first physical address of the arena, 64-byte aligned
     * @param size bytes of the arena, a multiple of 64, at least 64
     * @param locking where the lock comes from
     * @throws IllegalArgumentException when the arena is not aligned, is empty or leaves the 52-bit address space
     */
    public ArenaAllocator(PhysicalMemory memory, long base, long size, Locking locking) {
        if (!Log2.isAligned(base | size, ArenaNode.SMALLEST_LG2)
                || size <= 0
                || base < 0
                || base + size > 1L << LARGEST_LG2
                || base + size < 0) {
            throw new IllegalArgumentException("an arena of 0x" + Long.toHexString(size) + " bytes at 0x"
                    + Long.toHexString(base) + " is empty, not 64-byte aligned or beyond 52 bits");
        }
        this.memory = memory;
        this.lock = locking.spinLock(LOCK);
        this.root = ArenaNode.ofAtLeast(Log2.floor(base ^ base + size - 1) + 1);
        this.base = Log2.alignDown(base, root.sizeLg2());
        root.reserveOutside(base - this.base, base + size - this.base);
    }

    @Override
    public long allocate(long size, long alignment) {
        if (!Log2.isPowerOfTwo(size) || !Log2.isPowerOfTwo(alignment) || size < 1L << ArenaNode.SMALLEST_LG2) {
            throw new IllegalArgumentException("0x" + Long.toHexString(size) + " bytes aligned to 0x"
                    + Long.toHexString(alignment) + " are not powers of two from 64");
        }
        int placeLg2 = Log2.floor(size | alignment);
        long offset;
        lock.lock();
        try {
            offset = root.take(placeLg2, Log2.floor(size));
        } finally {
            lock.unlock();
        }
        if (offset == ArenaNode.NONE) {
            throw new IommuException(
                    Errno.ENOMEM, "no 0x" + Long.toHexString(1L << placeLg2) + " bytes are free in the arena");
        }
        zero(base + offset, size);
        return base + offset;
    }

    private void zero(long address, long size) {
        long words = size >>> 3;
        for (long done = 0; done < words; ) {
            int run = (int) Math.min(words - done, 1 << 20);
            memory.storeRun64(address + (done << 3), 0, 0, run);
            done += run;
        }
    }

    @Override
    public void free(long address, long size) {
        boolean known;
        lock.lock();
        try {
            known = Log2.isPowerOfTwo(size) && root.giveBack(address - base, Log2.floor(size));
        } finally {
            lock.unlock();
        }
        if (!known) {
            throw new AssertionError("0x" + Long.toHexString(size) + " bytes at 0x" + Long.toHexString(address)
                    + " are given back but were not given out");
        }
    }

    /**
     * What is given out.
     *
     * @return the pieces, ascending by address
     */
    public List<Piece> live() {
        List<Piece> pieces = new ArrayList<>();
        lock.lock();
        try {
            root.collect(base, pieces);
        } finally {
            lock.unlock();
        }
        return pieces;
    }

    /**
     * How much is given out.
     *
     * @return bytes, as they were asked for
     */
    public long liveBytes() {
        return live().stream().mapToLong(Piece::size).sum();
    }
}
