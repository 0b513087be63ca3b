package io.github.iommu4j.core.vfio;

/**
 * The structure of VFIO_IOMMU_BIND_MSI (2019 proposal). Immutable.
 *
 * @param argsz bytes of the caller's structure, at least {@link #ARGSZ}
 * @param flags 0
 * @param iova where the guest's devices write
 * @param gpa what that is to the guest: where its doorbell is
 * @param size bytes
 */
public record BindMsiRequest(int argsz, int flags, long iova, long gpa, long size) {

    /** Bytes of the structure. */
    public static final int ARGSZ = 32;

    /**
     * A request as it should be.
     *
     * @param iova where the guest's devices write
     * @param gpa where its doorbell is
     * @param size bytes
     * @return a request with the right size and no flags
     */
    public static BindMsiRequest of(long iova, long gpa, long size) {
        return new BindMsiRequest(ARGSZ, 0, iova, gpa, size);
    }
}
