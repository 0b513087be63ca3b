package io.github.iommu4j.core.vfio;

import org.jspecify.annotations.Nullable;

/**
 * The argument of VFIO_IOMMU_DIRTY_PAGES. Immutable; anything may be in it.
 *
 * @param flags bit 0 start, bit 1 stop, bit 2 get the bitmap
 * @param argsz bytes of the caller's structure
 * @param range what follows the structure, or {@code null} when nothing does
 */
public record DirtyRequest(int flags, int argsz, @Nullable Range range) {

    /** Tracking begins. */
    public static final int START = 1;
    /** Tracking ends. */
    public static final int STOP = 2;
    /** The dirty bits of a range are wanted. */
    public static final int GET_BITMAP = 4;
    /** Bytes of the structure without a range. */
    public static final int ARGSZ = 8;
    /** Bytes of the structure with a range. */
    public static final int ARGSZ_WITH_RANGE = 48;

    /**
     * A range and where its bits go.
     *
     * @param iova first address
     * @param size bytes
     * @param bitmap where the bits go
     */
    public record Range(long iova, long size, BitmapRequest bitmap) {}

    /**
     * A request without a range.
     *
     * @param flags what is wanted
     * @return the request
     */
    public static DirtyRequest of(int flags) {
        return new DirtyRequest(flags, ARGSZ, null);
    }

    /**
     * A request for the bits of a range.
     *
     * @param range the range
     * @return the request
     */
    public static DirtyRequest get(Range range) {
        return new DirtyRequest(GET_BITMAP, ARGSZ_WITH_RANGE, range);
    }
}
