package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import io.github.iommu4j.core.pagetable.PageTable;
import io.github.iommu4j.core.pagetable.arm.ShortDescriptorTable;
import org.jspecify.annotations.Nullable;

/**
 * A domain that maps. It has no table before it is attached for the first time, and then that of its family. Thread-safe
 * as {@link PageTable}.
 */
final class M4uDomain implements DomainOps {

    private static final LockClass LOCK = new LockClass("&dom->mutex");

    private final M4uFamily family;
    private final Mutex mutex;
    private volatile @Nullable Attached attached;
    private volatile @Nullable IommuDomain domain;

    /** What the first attach gave a domain. */
    private record Attached(M4uDriver driver, ShortDescriptorTable table, IovaRange aperture) {}

    M4uDomain(M4uFamily family, MediatekHost host) {
        this.family = family;
        this.mutex = host.core().locking().mutex(LOCK);
    }

    @Override
    public void created(IommuDomain newDomain) {
        domain = newDomain;
    }

    /** The core's side, or {@code null} before there is one. */
    @Nullable
    IommuDomain domain() {
        return domain;
    }

    @Override
    public PageSizes pageSizes() {
        return M4uFamily.PAGE_SIZES;
    }

    @Override
    public IovaRange aperture() {
        Attached now = attached;
        return now == null ? family.range(0) : now.aperture();
    }

    /**
     * Attaches: makes the table if there is none, brings the M4U up if nobody has, and lets the device's ports through
     * it, which their larb notices at its next resume.
     */
    @Override
    public void attach(Device device) {
        M4uMaster master = family.master(device);
        int region = family.region(device);
        mutex.lock();
        try {
            if (attached == null) {
                attached = new Attached(master.driver(), family.finalise(), family.range(region));
            }
        } finally {
            mutex.unlock();
        }
        master.driver().bringUp(this);
        master.enable((int) (family.range(region).start() >>> 32));
    }

    private Attached attached() {
        Attached now = attached;
        if (now == null) {
            throw new IommuException(Errno.ENODEV, "a domain that was never attached has no page table");
        }
        return now;
    }

    @Override
    public void mapPages(long iova, long pa, long pageSize, long count, Prot prot, MapProgress progress) {
        attached().table().pageTable().map(iova, family.mode().toM4u(pa), pageSize, count, prot, progress);
    }

    @Override
    public long unmapPages(long iova, long pageSize, long count, IotlbGather gather) {
        if (!gather.isQueued()) {
            gather.addRange(iova, pageSize * count);
        }
        return attached().table().pageTable().unmap(iova, pageSize, count, gather);
    }

    @Override
    public long iovaToPhys(long iova) {
        Attached now = attached;
        return now == null ? 0 : family.mode().toCpu(now.table().pageTable().iovaToPhys(iova));
    }

    /** The M4U may have cached that there was nothing. */
    @Override
    public void iotlbSyncMap(long iova, long size) {
        family.flushRange(iova, iova + size - 1);
    }

    @Override
    public void iotlbSync(IotlbGather gather) {
        if (!gather.isEmpty()) {
            family.flushRange(gather.start(), gather.last());
        }
    }

    @Override
    public void flushIotlbAll() {
        Attached now = attached;
        if (now != null) {
            family.flushAll(now.driver());
        }
    }

    /** Frees the domain; the table stays. */
    @Override
    public void free() {
        family.forget(this);
    }
}
