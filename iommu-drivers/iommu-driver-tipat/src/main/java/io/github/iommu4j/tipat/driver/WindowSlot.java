package io.github.iommu4j.tipat.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.core.dmabuf.ScatterList;
import java.util.List;

/** One buffer's piece of the window, and the table entries behind it. Guarded by the mutex of its {@link PatBuffer}. */
final class WindowSlot {

    /** Width of an entry's target. */
    private static final int TARGET_BITS = 48;

    private final TiPat pat;
    private final long address;
    private final long size;
    private final long firstPage;
    private final long pages;

    WindowSlot(TiPat pat, long address, long size) {
        int pageLg2 = pat.pageSize().lg2();
        this.pat = pat;
        this.address = address;
        this.size = size;
        this.firstPage = address - pat.parts().windowBase() >>> pageLg2;
        this.pages = (size - 1 >>> pageLg2) + 1;
    }

    /** The buffer as devices see it: one segment, in the window. */
    ScatterList asOneSegment() {
        return ScatterList.of(List.of(ScatterList.Segment.of(address, size)));
    }

    /** Programs one entry for each page of a list, in order; those before a piece that is rejected stay programmed. */
    void program(ScatterList list) {
        long page = 0;
        List<ScatterList.Segment> segments = list.segments();
        List<ScatterList.DmaRange> ranges = list.dmaRanges();
        for (int i = 0; i < Math.max(segments.size(), ranges.size()); i++) {
            if (i < segments.size()) {
                requireWholePages(segments.get(i));
            }
            if (i < ranges.size()) {
                page = programRange(ranges.get(i), page);
            }
        }
    }

    private void requireWholePages(ScatterList.Segment segment) {
        if (segment.offset() != 0) {
            throw new IommuException(Errno.EINVAL, segment + " begins at an offset in its page");
        }
        if (!Log2.isAligned(segment.length(), pat.pageSize().lg2())) {
            throw new IommuException(Errno.EINVAL, segment + " is not made of pages of " + pat.pageSize());
        }
    }

    private long programRange(ScatterList.DmaRange range, long page) {
        int pageLg2 = pat.pageSize().lg2();
        if (!Log2.isAligned(range.address() | range.length(), pageLg2)) {
            throw new IommuException(Errno.EINVAL, range + " is not made of pages of " + pat.pageSize());
        }
        if (!Log2.fits(range.address() + range.length() - 1, TARGET_BITS)
                && !pat.has(TiPatErratum.TARGET_LOSES_UPPER_BITS)) {
            throw new IommuException(Errno.EINVAL, range + " lies beyond the " + TARGET_BITS + " bits of a target");
        }
        long count = range.length() >>> pageLg2;
        if (count > pages - page) {
            throw new IommuException(Errno.EINVAL, range + " is more than the buffer's " + pages + " pages");
        }
        for (long i = 0; i < count; i++) {
            pat.parts().table().set(firstPage + page + i, range.address() + (i << pageLg2));
        }
        return page + count;
    }

    /** Disables every entry of the piece. */
    void clear() {
        for (long page = firstPage; page < firstPage + pages; page++) {
            pat.parts().table().unset(page);
        }
    }

    /** Gives the piece of the window back. */
    void release() {
        pat.parts().pool().free(address, size);
    }
}
