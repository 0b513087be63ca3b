package io.github.iommu4j.lab.view;

/**
 * Consecutive input addresses that go to consecutive output addresses with the same permissions.
 *
 * @param iova first input address
 * @param size bytes
 * @param pa output address of the first byte
 * @param permissions for unprivileged accesses: bit 0 read, bit 1 write, bit 2 execute
 */
public record MappedRange(long iova, long size, long pa, int permissions) {

    /**
     * Whether another range continues this one.
     *
     * @param next a range at higher input addresses
     * @return whether both are one
     */
    boolean isContinuedBy(MappedRange next) {
        return next.iova == iova + size && next.pa == pa + size && next.permissions == permissions;
    }

    MappedRange with(MappedRange next) {
        return new MappedRange(iova, size + next.size, pa, permissions);
    }

    /**
     * The permissions as text.
     *
     * @return such as {@code rw-}
     */
    public String permissionText() {
        return ((permissions & 1) != 0 ? "r" : "-")
                + ((permissions & 2) != 0 ? "w" : "-")
                + ((permissions & 4) != 0 ? "x" : "-");
    }
}
