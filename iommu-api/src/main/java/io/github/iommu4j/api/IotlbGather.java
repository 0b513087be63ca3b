package io.github.iommu4j.api;

import java.util.ArrayList;
import java.util.List;

/**
 * Collects what an unmap leaves to invalidate (Linux {@code iommu_iotlb_gather}): one range of one page size, and the
 * table pages that may be freed only afterwards. Confined to the caller's thread.
 */
public final class IotlbGather {

    private long start = -1;
    private long last;
    private long pageSize;
    private boolean queued;
    private final List<Long> freedTables = new ArrayList<>();

    /** An empty gather. */
    public IotlbGather() {}

    /**
     * A gather whose user will flush everything later, so that drivers record nothing.
     *
     * @return an empty gather that {@link #isQueued()}
     */
    public static IotlbGather queued() {
        IotlbGather gather = new IotlbGather();
        gather.queued = true;
        return gather;
    }

    /**
     * Widens the range.
     *
     * @param iova first address
     * @param size bytes, at least 1
     */
    public void addRange(long iova, long size) {
        long newLast = iova + size - 1;
        if (Long.compareUnsigned(iova, start) < 0) {
            start = iova;
        }
        if (Long.compareUnsigned(newLast, last) > 0) {
            last = newLast;
        }
    }

    /**
     * Adds one page, or says that what was gathered must be invalidated first because the page does not touch it or is
     * of another size.
     *
     * @param iova first address
     * @param size bytes of the page
     * @param sync invalidates and empties this gather
     */
    public void addPage(long iova, long size, Runnable sync) {
        if (pageSize != 0 && pageSize != size || isDisjoint(iova, size)) {
            sync.run();
        }
        pageSize = size;
        addRange(iova, size);
    }

    private boolean isDisjoint(long iova, long size) {
        long newLast = iova + size - 1;
        return last != 0 && (Long.compareUnsigned(newLast + 1, start) < 0 || Long.compareUnsigned(iova, last + 1) > 0);
    }

    /**
     * Leaves a table page to be freed after the invalidation.
     *
     * @param pa physical address of the page
     */
    public void addFreedTable(long pa) {
        freedTables.add(pa);
    }

    /**
     * Whether nothing was gathered.
     *
     * @return {@code true} when there is no range
     */
    public boolean isEmpty() {
        return Long.compareUnsigned(start, last) > 0;
    }

    /**
     * The first gathered address.
     *
     * @return all ones when empty
     */
    public long start() {
        return start;
    }

    /**
     * The last gathered address, inclusive.
     *
     * @return 0 when empty
     */
    public long last() {
        return last;
    }

    /**
     * The page size of the gathered pages.
     *
     * @return bytes; 0 when only ranges were added
     */
    public long pageSize() {
        return pageSize;
    }

    /**
     * Whether the user will flush everything later.
     *
     * @return {@code true} for a gather made with {@link #queued()}
     */
    public boolean isQueued() {
        return queued;
    }

    /**
     * The table pages to free after the invalidation.
     *
     * @return physical addresses, in the order they were added
     */
    public List<Long> freedTables() {
        return List.copyOf(freedTables);
    }

    /** Makes the gather as good as new: empty, and not {@link #isQueued queued}. */
    public void reset() {
        start = -1;
        last = 0;
        pageSize = 0;
        queued = false;
        freedTables.clear();
    }
}
