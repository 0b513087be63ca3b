package io.github.iommu4j.core.pagetable;

/**
 * Keeps tables visible to a walker that does not snoop the CPU's caches (Linux {@code dma_map_single}, {@code
 * dma_sync_single_for_device}). Never called for a table whose walks are coherent.
 *
 * <p><b>Thread-safety:</b> called from the thread that maps or unmaps, from several of them at a time.
 */
public interface CacheMaintenance {

    /** Memory that needs no maintenance: nothing is done. */
    CacheMaintenance NONE = new CacheMaintenance() {
        @Override
        public void map(long pa, long size) {}

        @Override
        public void unmap(long pa, long size) {}

        @Override
        public void sync(long pa, long size) {}
    };

    /**
     * A new table, all zero, is handed to the walker.
     *
     * @param pa first physical address of the table
     * @param size bytes of the table, which may be less than was allocated
     * @throws io.github.iommu4j.api.IommuException when the walker cannot reach the table; the table is freed then and
     *     the exception goes to whoever wanted it
     */
    void map(long pa, long size);

    /**
     * A table is taken back from the walker, before it is freed.
     *
     * @param pa first physical address of the table
     * @param size as it was given to {@link #map}
     */
    void unmap(long pa, long size);

    /**
     * Descriptors have been written and must become visible.
     *
     * @param pa physical address of the first descriptor
     * @param size bytes
     */
    void sync(long pa, long size);
}
