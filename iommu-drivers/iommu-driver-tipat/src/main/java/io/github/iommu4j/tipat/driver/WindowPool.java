package io.github.iommu4j.tipat.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.api.lock.SpinLock;
import io.github.iommu4j.core.bits.Log2;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Gives out pieces of a window (Linux {@code lib/genalloc.c} with its default algorithm): sizes are rounded up to the
 * granule, the lowest free run that is long enough is taken, and nothing is ever moved.
 *
 * <p><b>Thread-safety:</b> every method may be called from any thread.
 */
final class WindowPool {

    private static final LockClass POOL_LOCK = new LockClass("&pool->lock");

    private final long base;
    private final int granuleLg2;
    private final int granules;
    private final SpinLock lock;
    /** Guarded by {@link #lock}: a bit for each granule given out. */
    private final BitSet taken = new BitSet();
    /** Guarded by {@link #lock}. */
    private boolean closed;

    /**
     * A pool of whole granules.
     *
     * @param base first address
     * @param size bytes; what is no whole granule is left out, and so is what exceeds 2<sup>31</sup> granules
     */
    WindowPool(Locking locking, long base, long size, int granuleLg2) {
        this.base = base;
        this.granuleLg2 = granuleLg2;
        this.granules = (int) Math.min(size >>> granuleLg2, Integer.MAX_VALUE);
        this.lock = locking.spinLock(POOL_LOCK);
    }

    /**
     * Takes a piece.
     *
     * @param size bytes
     * @return its first address
     * @throws IommuException {@code ENOMEM} when no run is long enough or nothing is wanted, {@code ENODEV} when the pool is
     *     closed
     */
    long allocate(long size) {
        lock.lock();
        try {
            if (closed) {
                throw new IommuException(Errno.ENODEV, "the window is gone");
            }
            int wanted = granulesOf(size);
            int first = wanted == 0 ? -1 : firstFitLocked(wanted);
            if (first < 0) {
                throw new IommuException(
                        Errno.ENOMEM, "no 0x" + Long.toHexString(size) + " bytes of the window in one piece");
            }
            taken.set(first, first + wanted);
            return base + ((long) first << granuleLg2);
        } finally {
            lock.unlock();
        }
    }

    /** Rounded up; more than there are at all becomes one more than that. */
    private int granulesOf(long size) {
        if (size <= 0) {
            return 0;
        }
        long rounded = (size - 1 >>> granuleLg2) + 1;
        return (int) Math.min(rounded, granules + 1L);
    }

    private int firstFitLocked(int wanted) {
        lock.assertHeld();
        int start = taken.nextClearBit(0);
        while (wanted <= granules - start) {
            int end = taken.nextSetBit(start);
            if (end < 0 || end - start >= wanted) {
                return start;
            }
            start = taken.nextClearBit(end);
        }
        return -1;
    }

    /**
     * Gives a piece back.
     *
     * @param address what {@link #allocate} returned
     * @param size what it was asked for
     * @throws AssertionError when no such piece is given out (the kernel's {@code BUG_ON})
     */
    void free(long address, long size) {
        lock.lock();
        try {
            long first = address - base >>> granuleLg2;
            int count = granulesOf(size);
            boolean given = Log2.isAligned(address - base, granuleLg2)
                    && first >= 0
                    && first + count <= granules
                    && taken.nextClearBit((int) first) >= first + count;
            if (!given) {
                throw new AssertionError("0x" + Long.toHexString(size) + " bytes at 0x" + Long.toHexString(address)
                        + " were not given out");
            }
            taken.clear((int) first, (int) first + count);
        } finally {
            lock.unlock();
        }
    }

    /** Gives nothing out any more; what is out can still come back. */
    void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    WindowReport report() {
        lock.lock();
        try {
            List<WindowReport.Run> runs = new ArrayList<>();
            int start = taken.nextClearBit(0);
            while (start < granules) {
                int end = taken.nextSetBit(start);
                int stop = end < 0 ? granules : end;
                runs.add(
                        new WindowReport.Run(base + ((long) start << granuleLg2), (long) (stop - start) << granuleLg2));
                start = taken.nextClearBit(stop);
                if (end < 0) {
                    break;
                }
            }
            return new WindowReport((long) granules << granuleLg2, runs);
        } finally {
            lock.unlock();
        }
    }
}
