package io.github.iommu4j.core.pagetable;

import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.driver.MapProgress;
import org.jspecify.annotations.Nullable;

/**
 * One page table: maps, unmaps, looks up. The descriptors live in physical memory and nowhere else; what they mean is
 * the {@link PageTableFormat}'s (Linux {@code io_pgtable_ops}).
 *
 * <p><b>Thread-safety:</b> any number of threads may map, unmap and look up at the same time as long as no two of them
 * change the same addresses; tables they share are published by compare-and-set. {@link #destroy()} must be the only
 * call.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class PageTable {

    private PageTable() {}

    /**
     * Makes an empty table.
     *
     * @param format how descriptors look
     * @param environment what the table stands in
     * @return the table, whose root is allocated
     * @throws io.github.iommu4j.api.IommuException {@code ENOMEM} when there is no memory for the root, or only where
     *     the format cannot point to it
     */
    public static PageTable create(PageTableFormat format, PageTableEnvironment environment) {
        throw new UnsupportedOperationException();
    }

    /**
     * Where the root is.
     *
     * @return physical address of the highest table
     */
    public long root() {
        throw new UnsupportedOperationException();
    }

    /**
     * How this table's descriptors look.
     *
     * @return the format
     */
    public PageTableFormat format() {
        throw new UnsupportedOperationException();
    }

    /**
     * Maps equal pages (Linux {@code map_pages}). May do fewer than asked for, see {@link RunRule}.
     *
     * @param iova first address, aligned to {@code pageSize}
     * @param pa first physical address, aligned to {@code pageSize}
     * @param pageSize bytes, one of the format's page sizes
     * @param count how many pages
     * @param prot what the device may do
     * @param progress counts the bytes mapped, also before a failure
     * @throws io.github.iommu4j.api.IommuException {@code EINVAL} (with a warning) when {@code pageSize} is not one of
     *     the sizes or an address is not aligned to it; {@code ERANGE} (with a warning) when addresses do not fit;
     *     {@code EINVAL} when neither reading nor writing is allowed; {@code EEXIST} (with a warning) when something is
     *     mapped there; {@code ENOMEM} when there is no memory for a table; {@code EFAULT} (with a warning) when a
     *     descriptor points to where no memory is
     */
    public void map(long iova, long pa, long pageSize, long count, Prot prot, MapProgress progress) {
        throw new UnsupportedOperationException();
    }

    /**
     * Unmaps equal pages (Linux {@code unmap_pages}). May do fewer than asked for, see {@link RunRule}. Part of a larger
     * leaf can be unmapped, see {@link PartialUnmap}. Where nothing is mapped it ends with a warning.
     *
     * @param iova first address, aligned to {@code pageSize}
     * @param pageSize bytes, one of the format's page sizes
     * @param count how many pages
     * @param gather is handed to {@link TlbInvalidation#addPage}, which is not called for a queued one; {@code null} for
     *     none
     * @return bytes unmapped
     */
    public long unmap(long iova, long pageSize, long count, @Nullable IotlbGather gather) {
        throw new UnsupportedOperationException();
    }

    /**
     * Looks a translation up.
     *
     * @param iova any address
     * @return the physical address; 0 when there is none
     */
    public long iovaToPhys(long iova) {
        throw new UnsupportedOperationException();
    }

    /**
     * Shows every leaf, one descriptor at a time, ascending by iova. Descriptors that make no sense are left out, and a
     * table that is pointed to more than once is shown once.
     *
     * @param visitor is shown the leaves
     */
    public void forEachLeaf(LeafVisitor visitor) {
        throw new UnsupportedOperationException();
    }

    /**
     * Invalidates everything and frees every table. The table must not be used any more.
     *
     * @throws AssertionError when it was destroyed before
     */
    public void destroy() {
        throw new UnsupportedOperationException();
    }
}
