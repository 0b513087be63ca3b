package io.github.iommu4j.core;

import io.github.iommu4j.api.CacheInvalidation;
import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.FaultHandler;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.IovaRange;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.api.driver.IommuDriver;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.api.fault.IopfHandler;
import io.github.iommu4j.core.fault.FaultHost;
import io.github.iommu4j.core.trace.KernelLog;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A domain: the driver's side with the core's rules around it. */
final class Domain implements IommuDomain {

    private final IommuCore core;
    private final IommuDriver driver;
    private final DomainOps ops;
    private final AtomicInteger attachments = new AtomicInteger();
    private volatile DomainType type;
    private volatile @Nullable FaultHandler faultHandler;
    private volatile @Nullable IopfHandler iopfHandler;
    private volatile boolean freed;

    Domain(IommuCore core, DomainType type, IommuDriver driver, DomainOps ops) {
        this.core = core;
        this.type = type;
        this.driver = driver;
        this.ops = ops;
        core.domainAllocated();
    }

    @Override
    public DomainType type() {
        return type;
    }

    /** DMA becomes DMA-FQ, and back, without another domain. */
    void retype(DomainType newType) {
        type = newType;
    }

    IommuDriver driver() {
        return driver;
    }

    DomainOps ops() {
        return ops;
    }

    /** Counts groups and PASIDs that name this domain, so that freeing one in use is noticed. */
    void attached() {
        attachments.incrementAndGet();
    }

    void detached() {
        attachments.decrementAndGet();
    }

    @Override
    public PageSizes pageSizes() {
        return ops.pageSizes();
    }

    @Override
    public IovaRange aperture() {
        return ops.aperture();
    }

    @Override
    public void map(long iova, long pa, long size, Prot prot) {
        mapWithoutSync(iova, pa, size, prot);
        sync(iova, size);
    }

    private void sync(long iova, long size) {
        try {
            ops.iotlbSyncMap(iova, size);
        } catch (IommuException refusal) {
            if (core.release().syncOfMappingMayFail()) {
                unmap(iova, size);
                throw refusal;
            }
        }
    }

    private void mapWithoutSync(long iova, long pa, long size, Prot prot) {
        PageSizes sizes = requireMapping();
        if (((iova | pa | size) & sizes.smallest() - 1) != 0) {
            String problem = String.format(
                    "unaligned: iova 0x%x pa 0x%x size 0x%x min_pagesz 0x%x", iova, pa, size, sizes.smallest());
            core.log().print(KernelLog.Level.ERR, problem);
            throw new IommuException(Errno.EINVAL, problem);
        }
        long done = 0;
        while (done != size) {
            PageSizes.Run run = sizes.best(iova + done, pa + done, size - done);
            MapProgress progress = new MapProgress();
            try {
                ops.mapPages(iova + done, pa + done, run.pageSize(), run.count(), prot, progress);
            } catch (IommuException refusal) {
                unmap(iova, done + progress.mapped());
                throw refusal;
            }
            if (core.log().warnOn(progress.mapped() == 0, "the driver mapped nothing and refused nothing")) {
                unmap(iova, done);
                throw new IommuException(Errno.EINVAL, "the driver mapped nothing");
            }
            done += progress.mapped();
        }
    }

    private PageSizes requireMapping() {
        PageSizes sizes = ops.pageSizes();
        if (core.release().testsMapOpsBeforeType() && sizes.bitmap() == 0) {
            throw new IommuException(core.release().noPageSizes(), "the domain has no page size");
        }
        if (!type.isPaging()) {
            throw new IommuException(Errno.EINVAL, "a domain of type " + type + " does not map");
        }
        if (core.log().warnOn(sizes.bitmap() == 0, "a paging domain without page sizes")) {
            throw new IommuException(core.release().noPageSizes(), "the domain has no page size");
        }
        return sizes;
    }

    @Override
    public long mapSg(long iova, List<Segment> segments, Prot prot) {
        long mapped = 0;
        long runStart = 0;
        long runLength = 0;
        try {
            for (Segment segment : segments) {
                if (runLength != 0 && runStart + runLength == segment.pa()) {
                    runLength += segment.length();
                    continue;
                }
                if (runLength != 0) {
                    mapWithoutSync(iova + mapped, runStart, runLength, prot);
                    mapped += runLength;
                }
                runStart = segment.pa();
                runLength = segment.length();
            }
            mapWithoutSync(iova + mapped, runStart, runLength, prot);
            mapped += runLength;
        } catch (IommuException refusal) {
            unmap(iova, mapped);
            throw refusal;
        }
        sync(iova, mapped);
        return mapped;
    }

    @Override
    public long unmap(long iova, long size) {
        IotlbGather gather = new IotlbGather();
        long unmapped = unmapFast(iova, size, gather);
        iotlbSync(gather);
        return unmapped;
    }

    @Override
    public long unmapFast(long iova, long size, IotlbGather gather) {
        PageSizes sizes = ops.pageSizes();
        if (!type.isPaging()) {
            return 0;
        }
        if (sizes.bitmap() == 0) {
            core.log().warnOn(!core.release().testsMapOpsBeforeType(), "a paging domain without page sizes");
            return 0;
        }
        if (((iova | size) & sizes.smallest() - 1) != 0) {
            core.log()
                    .print(
                            KernelLog.Level.ERR,
                            String.format(
                                    "unaligned: iova 0x%x size 0x%x min_pagesz 0x%x", iova, size, sizes.smallest()));
            return 0;
        }
        long unmapped = 0;
        while (Long.compareUnsigned(unmapped, size) < 0) {
            PageSizes.Run run = sizes.best(iova + unmapped, iova + unmapped, size - unmapped);
            long step = ops.unmapPages(iova + unmapped, run.pageSize(), run.count(), gather);
            if (step == 0) {
                break;
            }
            unmapped += step;
        }
        if (unmapped != 0 && gather.isEmpty() && core.release().gathersForDrivers()) {
            gather.addRange(iova, unmapped);
        }
        return unmapped;
    }

    @Override
    public void iotlbSync(IotlbGather gather) {
        ops.iotlbSync(gather);
        gather.reset();
    }

    @Override
    public void flushIotlbAll() {
        ops.flushIotlbAll();
    }

    @Override
    public long iovaToPhys(long iova) {
        return switch (type) {
            case IDENTITY -> iova;
            case BLOCKED -> 0;
            default -> ops.iovaToPhys(iova);
        };
    }

    @Override
    public void setFaultHandler(@Nullable FaultHandler handler) {
        boolean belongsToDmaApi = type.isDmaApi() && core.release().keepsFaultHandlersFromDmaApi();
        if (!core.log().warnOn(belongsToDmaApi, "a fault handler for a domain of the DMA API")) {
            faultHandler = handler;
        }
    }

    void setIopfHandler(@Nullable IopfHandler handler) {
        iopfHandler = handler;
    }

    /** Who takes page requests, with this domain; {@code null} when nobody does. */
    FaultHost.@Nullable Target faultTarget() {
        IopfHandler handler = iopfHandler;
        return handler == null ? null : new FaultHost.Target(this, handler);
    }

    /** Asks the domain's handler (Linux {@code report_iommu_fault}). */
    @Nullable
    Errno reportFault(@Nullable Device device, long iova, Access access) {
        FaultHandler handler = faultHandler;
        return handler == null ? Errno.ENOSYS : handler.onFault(this, device, iova, access);
    }

    @Override
    public void bindGuestMsi(long iova, long gpa, long size) {
        ops.bindGuestMsi(iova, gpa, size);
    }

    @Override
    public void unbindGuestMsi(long iova) {
        ops.unbindGuestMsi(iova);
    }

    @Override
    public void invalidateCache(Device device, CacheInvalidation invalidation) {
        ops.invalidateCache(device, invalidation);
    }

    @Override
    public void free() {
        core.log().warnOn(attachments.get() != 0, "a domain is freed while it is attached");
        if (!core.log().warnOn(freed, "a domain is freed twice")) {
            freed = true;
            ops.free();
            core.domainFreed();
        }
    }

    @Override
    public String toString() {
        return driver.kind() + " domain " + type;
    }
}
