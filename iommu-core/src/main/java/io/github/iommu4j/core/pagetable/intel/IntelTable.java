package io.github.iommu4j.core.pagetable.intel;

import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.core.pagetable.PageTable;
import io.github.iommu4j.core.pagetable.PageTableEnvironment;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A table with what Linux 6.1 to 6.12 keep beside it: how far it has been mapped, which decides what hardware can take it.
 *
 * <p><b>Thread-safety:</b> as {@link PageTable}.
 */
public final class IntelTable {

    private final IntelTableConfig config;
    private final PageTable pageTable;
    private final AtomicLong highest = new AtomicLong();

    private IntelTable(IntelTableConfig config, PageTable pageTable) {
        this.config = config;
        this.pageTable = pageTable;
    }

    /**
     * Makes an empty table.
     *
     * @param config what is asked for
     * @param environment what the table stands in
     * @return the table
     * @throws io.github.iommu4j.api.IommuException {@code ENOMEM} when there is no memory for the root
     */
    public static IntelTable create(IntelTableConfig config, PageTableEnvironment environment) {
        return new IntelTable(config, PageTable.create(new IntelFormat(config), environment));
    }

    /**
     * What was asked for.
     *
     * @return the configuration
     */
    public IntelTableConfig config() {
        return config;
    }

    /**
     * The table.
     *
     * @return maps, unmaps, looks up; but {@link #map} and {@link #unmap} also remember how far
     */
    public PageTable pageTable() {
        return pageTable;
    }

    /**
     * How far the table has been mapped (Linux {@code max_addr}).
     *
     * @return an end, exclusive; goes down only when what is below it is unmapped up to it
     */
    public long highestMapped() {
        return highest.get();
    }

    /**
     * Maps pages; see {@link PageTable#map}. Remembers the end also of a call that fails on the way.
     *
     * @param iova first address
     * @param pa first physical address
     * @param pageSize bytes
     * @param count how many
     * @param prot what the device may do
     * @param progress counts the bytes mapped
     * @throws io.github.iommu4j.api.IommuException as {@link PageTable#map}
     */
    public void map(long iova, long pa, long pageSize, long count, Prot prot, MapProgress progress) {
        long end = iova + pageSize * count;
        boolean isAligned = pageSize > 0
                && (pageSize & pageTable.format().pageSizes().bitmap()) == pageSize
                && ((iova | pa) & pageSize - 1) == 0;
        if (isAligned && Long.compareUnsigned(end, iova) > 0 && end - 1 >>> config.width() == 0) {
            highest.accumulateAndGet(end, Math::max);
        }
        pageTable.map(iova, pa, pageSize, count, prot, progress);
    }

    /**
     * Unmaps pages; see {@link PageTable#unmap}.
     *
     * @param iova first address
     * @param pageSize bytes
     * @param count how many
     * @param gather is handed on; {@code null} for none
     * @return bytes unmapped
     */
    public long unmap(long iova, long pageSize, long count, @Nullable IotlbGather gather) {
        long unmapped = pageTable.unmap(iova, pageSize, count, gather);
        highest.compareAndSet(iova + unmapped, iova);
        return unmapped;
    }
}
