package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.CacheInvalidation;
import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.api.driver.MapProgress;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A domain of a {@link MockIommuDriver}: pages in a sorted map. Thread-safe. */
final class MockDomain implements DomainOps {

    /**
     * A mapped page.
     *
     * @param pa its physical address
     * @param size bytes
     * @param prot what the device may do
     */
    record Page(long pa, long size, Prot prot) {}

    private final MockIommuDriver driver;
    private final DomainType type;
    private final TreeMap<Long, Page> pages = new TreeMap<>(Long::compareUnsigned);

    MockDomain(MockIommuDriver driver, DomainType type) {
        this.driver = driver;
        this.type = type;
    }

    DomainType type() {
        return type;
    }

    @Override
    public PageSizes pageSizes() {
        return type.isPaging() ? driver.host().pageSizes() : new PageSizes(0);
    }

    @Override
    public IovaRange aperture() {
        return driver.host().aperture();
    }

    @Override
    public void attach(Device device) {
        // As real hardware: a device whose attach failed is off its old domain already.
        driver.attached(device, null);
        driver.failures().mayFail("attach " + type + " to " + device.name());
        driver.attached(device, this);
    }

    @Override
    public synchronized void mapPages(long iova, long pa, long pageSize, long count, Prot prot, MapProgress progress) {
        driver.failures().mayFail("map 0x" + Long.toHexString(iova));
        for (long i = 0; i < count; i++) {
            long at = iova + i * pageSize;
            if (overlaps(at, pageSize)) {
                throw new IommuException(Errno.EEXIST, "0x" + Long.toHexString(at) + " is mapped");
            }
            pages.put(at, new Page(pa + i * pageSize, pageSize, prot));
            progress.add(pageSize);
        }
    }

    private boolean overlaps(long iova, long size) {
        Map.Entry<Long, Page> below = pages.floorEntry(iova + size - 1);
        return below != null
                && Long.compareUnsigned(below.getKey() + below.getValue().size() - 1, iova) >= 0;
    }

    @Override
    public synchronized long unmapPages(long iova, long pageSize, long count, IotlbGather gather) {
        long unmapped = 0;
        while (Long.compareUnsigned(unmapped, pageSize * count) < 0) {
            Map.Entry<Long, Page> entry = entryAt(iova + unmapped);
            if (entry == null) {
                break;
            }
            pages.remove(entry.getKey());
            if (!gather.isQueued()) {
                gather.addRange(entry.getKey(), entry.getValue().size());
            }
            unmapped += entry.getValue().size() - (iova + unmapped - entry.getKey());
        }
        return unmapped;
    }

    private Map.@Nullable Entry<Long, Page> entryAt(long iova) {
        Map.Entry<Long, Page> below = pages.floorEntry(iova);
        boolean covers = below != null
                && Long.compareUnsigned(below.getKey() + below.getValue().size() - 1, iova) >= 0;
        return covers ? below : null;
    }

    synchronized @Nullable Page pageAt(long iova) {
        Map.Entry<Long, Page> entry = entryAt(iova);
        return entry == null ? null : entry.getValue();
    }

    @Override
    public synchronized long iovaToPhys(long iova) {
        Map.Entry<Long, Page> entry = entryAt(iova);
        return entry == null ? 0 : entry.getValue().pa() + (iova - entry.getKey());
    }

    @Override
    public void iotlbSyncMap(long iova, long size) {
        driver.failures().mayFail("sync map 0x" + Long.toHexString(iova));
    }

    @Override
    public boolean supportsPasid() {
        return type.isPaging() || type == DomainType.SVA;
    }

    @Override
    public void attachPasid(Device device, int pasid) {
        driver.failures().mayFail("attach " + type + " to PASID " + pasid + " of " + device.name());
        driver.attachedPasid(device, pasid, this);
    }

    @Override
    public void detachPasid(Device device, int pasid) {
        driver.failures().note("detach PASID " + pasid + " of " + device.name());
        driver.attachedPasid(device, pasid, null);
    }

    @Override
    public void bindGuestMsi(long iova, long gpa, long size) {
        driver.failures().mayFail("bind MSI 0x" + Long.toHexString(iova) + " to 0x" + Long.toHexString(gpa));
    }

    @Override
    public void unbindGuestMsi(long iova) {
        driver.failures().note("unbind MSI 0x" + Long.toHexString(iova));
    }

    @Override
    public void invalidateCache(Device device, CacheInvalidation invalidation) {
        driver.failures().mayFail("invalidate " + invalidation.granularity() + " of " + device.name());
    }

    @Override
    public void free() {
        driver.failures().note("free " + type);
        driver.freed(this);
    }
}
