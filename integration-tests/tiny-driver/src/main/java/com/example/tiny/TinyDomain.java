package com.example.tiny;

import static com.example.tiny.TinyIommu.ADDRESS;
import static com.example.tiny.TinyIommu.PRESENT;
import static com.example.tiny.TinyIommu.WRITABLE;

import io.github.iommu4j.api.Errno;
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
import java.util.ArrayList;
import java.util.List;

/** Two levels of tables. */
final class TinyDomain implements DomainOps {

    private static final long PAGE = 4096;

    private final TinyDriver driver;
    private final Mutex lock;
    private final long root;
    private final List<Device> attached = new ArrayList<>();

    TinyDomain(TinyDriver driver) {
        this.driver = driver;
        this.lock = driver.locking.mutex(new LockClass("tiny.domain_lock"));
        this.root = driver.allocator.allocate(PAGE, PAGE);
    }

    @Override
    public PageSizes pageSizes() {
        return new PageSizes(PAGE);
    }

    @Override
    public IovaRange aperture() {
        return new IovaRange(0, TinyIommu.APERTURE - 1);
    }

    @Override
    public void attach(Device device) {
        driver.devicesLock.lock();
        try {
            lock.lock();
            try {
                driver.setEntry(device, root | TinyIommu.TRANSLATED);
                attached.add(device);
            } finally {
                lock.unlock();
            }
        } finally {
            driver.devicesLock.unlock();
        }
    }

    @Override
    public void mapPages(long iova, long pa, long pageSize, long count, Prot prot, MapProgress progress) {
        lock.lock();
        try {
            for (long i = 0; i < count; i++) {
                mapPage(iova + i * PAGE, pa + i * PAGE, prot);
                progress.add(PAGE);
            }
            if (driver.fault == Fault.LOCK_ORDER) {
                driver.devicesLock.lock();
                driver.devicesLock.unlock();
            }
        } finally {
            lock.unlock();
        }
    }

    private void mapPage(long iova, long pa, Prot prot) {
        if (iova >= TinyIommu.APERTURE) {
            throw new IommuException(Errno.ERANGE, String.format("0x%x is beyond the aperture", iova));
        }
        long slot = root + 8 * (iova >>> 21);
        long table = driver.memory.load64(slot);
        if ((table & PRESENT) == 0) {
            table = driver.allocator.allocate(PAGE, PAGE) | PRESENT;
            driver.memory.store64(slot, table);
        }
        long entry = (table & ADDRESS) + 8 * (iova >>> 12 & 511);
        if ((driver.memory.load64(entry) & PRESENT) != 0) {
            Errno errno = driver.fault == Fault.WRONG_ERRNO ? Errno.EBUSY : Errno.EEXIST;
            throw new IommuException(errno, String.format("0x%x is mapped already", iova));
        }
        driver.memory.store64(entry, pa | PRESENT | (prot.includes(Prot.WRITE) ? WRITABLE : 0));
    }

    @Override
    public long unmapPages(long iova, long pageSize, long count, IotlbGather gather) {
        lock.lock();
        try {
            for (long i = 0; i < count; i++) {
                long entry = entryOf(iova + i * PAGE);
                if (entry == 0 || (driver.memory.load64(entry) & PRESENT) == 0) {
                    return i * PAGE;
                }
                driver.memory.store64(entry, 0);
                gather.addRange(iova + i * PAGE, PAGE);
            }
            return count * PAGE;
        } finally {
            lock.unlock();
        }
    }

    private long entryOf(long iova) {
        if (iova < 0 || iova >= TinyIommu.APERTURE) {
            return 0;
        }
        long table = driver.memory.load64(root + 8 * (iova >>> 21));
        return (table & PRESENT) == 0 ? 0 : (table & ADDRESS) + 8 * (iova >>> 12 & 511);
    }

    @Override
    public long iovaToPhys(long iova) {
        long entry = entryOf(iova);
        long leaf = entry == 0 ? 0 : driver.memory.load64(entry);
        return (leaf & PRESENT) == 0 ? 0 : leaf & ADDRESS | iova & 0xFFF;
    }

    @Override
    public void iotlbSync(IotlbGather gather) {
        if (driver.fault != Fault.MISSING_SYNC) {
            flushIotlbAll();
        }
    }

    @Override
    public void flushIotlbAll() {
        lock.lock();
        try {
            attached.forEach(device -> driver.hardware.invalidate(device.streamId()));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void free() {
        for (long slot = root; slot < root + PAGE; slot += 8) {
            long table = driver.memory.load64(slot);
            if ((table & PRESENT) != 0 && driver.fault != Fault.LEAKED_TABLE) {
                driver.allocator.free(table & ADDRESS, PAGE);
            }
        }
        driver.allocator.free(root, PAGE);
    }
}
