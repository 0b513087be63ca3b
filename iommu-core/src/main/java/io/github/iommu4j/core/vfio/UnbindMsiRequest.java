package io.github.iommu4j.core.vfio;

/**
 * The structure of VFIO_IOMMU_UNBIND_MSI (2019 proposal). Immutable.
 *
 * @param argsz bytes of the caller's structure, at least {@link #ARGSZ}
 * @param flags 0
 * @param iova as it was bound
 */
public record UnbindMsiRequest(int argsz, int flags, long iova) {

    /** Bytes of the structure. */
    public static final int ARGSZ = 16;

    /**
     * A request as it should be.
     *
     * @param iova as it was bound
     * @return a request with the right size and no flags
     */
    public static UnbindMsiRequest of(long iova) {
        return new UnbindMsiRequest(ARGSZ, 0, iova);
    }
}
