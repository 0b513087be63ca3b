package io.github.iommu4j.core.vfio;

import org.jspecify.annotations.Nullable;

/**
 * The argument of VFIO_IOMMU_UNMAP_DMA. Immutable; anything may be in it.
 *
 * @param iova first address
 * @param size bytes
 * @param flags bit 0 dirty bitmap wanted, bit 1 everything, bit 2 keep the mapping but forget the caller's address
 * @param argsz bytes of the caller's structure
 * @param bitmap what follows the structure, or {@code null} when nothing does
 */
public record UnmapRequest(
        long iova,
        long size,
        int flags,
        int argsz,
        @Nullable BitmapRequest bitmap) {

    /** The dirty bits are wanted. */
    public static final int GET_DIRTY_BITMAP = 1;
    /** Everything is unmapped. */
    public static final int ALL = 2;
    /** Only the address in the caller's memory is forgotten. */
    public static final int VADDR = 4;
    /** Bytes of the structure without a bitmap. */
    public static final int ARGSZ = 24;
    /** Bytes of the structure with a bitmap. */
    public static final int ARGSZ_WITH_BITMAP = 48;

    /**
     * A request without a bitmap.
     *
     * @param iova first address
     * @param size bytes
     * @param flags what is wanted
     */
    public UnmapRequest(long iova, long size, int flags) {
        this(iova, size, flags, ARGSZ, null);
    }

    /**
     * A request for the dirty bits.
     *
     * @param iova first address
     * @param size bytes
     * @param bitmap where the bits go
     * @return the request
     */
    public static UnmapRequest withBitmap(long iova, long size, BitmapRequest bitmap) {
        return new UnmapRequest(iova, size, GET_DIRTY_BITMAP, ARGSZ_WITH_BITMAP, bitmap);
    }
}
