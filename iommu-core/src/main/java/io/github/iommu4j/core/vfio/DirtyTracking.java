package io.github.iommu4j.core.vfio;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.KernelRelease;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Dirty page tracking as type1 does it: nothing tracks, so everything mapped is dirty. Guarded by the lock of its {@link
 * Type1}.
 */
final class DirtyTracking {

    /** The largest bitmap: 2 GiB pages, 256 MiB. */
    static final long MAX_BITMAP_BYTES = 1L << 28;

    private static final int BITS_PER_WORD = 64;
    private static final int BYTES_PER_WORD = 8;

    private final KernelRelease release;
    private boolean running;

    DirtyTracking(KernelRelease release) {
        this.release = release;
    }

    void start() {
        running = true;
    }

    void stop() {
        running = false;
    }

    private static IommuException invalid(String what) {
        return new IommuException(Errno.EINVAL, what);
    }

    /** Whether a bitmap is large enough for a range and not too large; needs no lock. */
    static void checkSize(long size, BitmapRequest bitmap) {
        if (Long.bitCount(bitmap.pageSize()) != 1) {
            throw invalid("a bit stands for a page: " + bitmap);
        }
        long pages = size >>> Long.numberOfTrailingZeros(bitmap.pageSize());
        boolean fits = Long.compareUnsigned(bitmap.size(), MAX_BITMAP_BYTES) <= 0
                && Long.compareUnsigned(pages, MAX_BITMAP_BYTES * Byte.SIZE) <= 0
                && bitmap.size() >= (pages + BITS_PER_WORD - 1) / BITS_PER_WORD * BYTES_PER_WORD;
        if (pages == 0 || bitmap.size() == 0 || !fits) {
            throw invalid("0x" + Long.toHexString(size) + " bytes do not go with " + bitmap);
        }
    }

    /** Whether bits may be asked for now. */
    void require(@Nullable BitmapRequest bitmap, long smallestPage) {
        if (!running) {
            throw invalid("tracking is off");
        }
        if (bitmap == null || bitmap.pageSize() != smallestPage) {
            throw invalid("a bit stands for 0x" + Long.toHexString(smallestPage) + " bytes: " + bitmap);
        }
    }

    /** Whether a range is one that can be asked for; needs no lock. */
    void checkRange(DirtyRequest.Range range) {
        if (range.size() == 0) {
            throw invalid("an empty range");
        }
        boolean exclusive = release.losesMappingsThatEndTheAddressSpace();
        long end = exclusive ? range.iova() + range.size() : range.iova() + range.size() - 1;
        if (Long.compareUnsigned(end, range.iova()) < 0) {
            throw new IommuException(release.wrappingRange(), "the range wraps: " + range);
        }
        checkSize(range.size(), range.bitmap());
    }

    /** The bits of a range. */
    DirtyBitmap get(DirtyRequest.Range range, MappingTable table, long smallestPage) {
        require(range.bitmap(), smallestPage);
        if (((range.iova() | range.size()) & smallestPage - 1) != 0) {
            throw invalid("not in pages: " + range);
        }
        if (!table.cutsNone(range.iova(), range.size())) {
            throw invalid("the range cuts a mapping: " + range);
        }
        IovaRange addresses = new IovaRange(range.iova(), range.iova() + range.size() - 1);
        return bitmap(table.beginningIn(range.iova(), range.size()), addresses, smallestPage);
    }

    /** The bits of mappings that lie wholly in a range. */
    static DirtyBitmap bitmap(List<Mapping> mappings, IovaRange range, long pageSize) {
        int shift = Long.numberOfTrailingZeros(pageSize);
        List<DirtyBitmap.Run> runs = new ArrayList<>();
        for (Mapping mapping : mappings) {
            runs.add(new DirtyBitmap.Run(mapping.iova() - range.start() >>> shift, mapping.size() >>> shift));
        }
        return new DirtyBitmap((range.last() - range.start() >>> shift) + 1, runs);
    }
}
