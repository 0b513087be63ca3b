package io.github.iommu4j.core.vfio;

/**
 * The argument of VFIO_IOMMU_MAP_DMA. Immutable; anything may be in it.
 *
 * @param iova first address for the device
 * @param size bytes
 * @param vaddr first address in the caller's memory
 * @param flags bit 0 readable, bit 1 writable by the device, bit 2 new address of an existing mapping
 * @param argsz bytes of the caller's structure
 */
public record MapRequest(long iova, long size, long vaddr, int flags, int argsz) {

    /** The device may read. */
    public static final int READ = 1;
    /** The device may write. */
    public static final int WRITE = 2;
    /** Gives an existing mapping a new address in the caller's memory. */
    public static final int VADDR = 4;
    /** Bytes of the structure. */
    public static final int ARGSZ = 32;

    /**
     * A request with a structure of the usual size.
     *
     * @param iova first address for the device
     * @param size bytes
     * @param vaddr first address in the caller's memory
     * @param flags what is wanted
     */
    public MapRequest(long iova, long size, long vaddr, int flags) {
        this(iova, size, vaddr, flags, ARGSZ);
    }
}
