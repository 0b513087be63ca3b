package io.github.iommu4j.vtd.driver;

import io.github.iommu4j.api.DomainType;
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
import io.github.iommu4j.core.pagetable.PageTableEnvironment;
import io.github.iommu4j.core.pagetable.PartialUnmap;
import io.github.iommu4j.core.pagetable.TlbInvalidation;
import io.github.iommu4j.core.pagetable.WalkCoherency;
import io.github.iommu4j.core.pagetable.intel.ExecuteDisable;
import io.github.iommu4j.core.pagetable.intel.IntelStage;
import io.github.iommu4j.core.pagetable.intel.IntelTable;
import io.github.iommu4j.core.pagetable.intel.IntelTableConfig;
import org.jspecify.annotations.Nullable;

/**
 * A domain that maps (Linux {@code dmar_domain}). It may be attached to devices behind any number of units, in each of
 * which it has an id. Thread-safe as {@link IntelTable}.
 */
final class VtdDomain implements DomainOps {

    private static final int PAGE_LG2 = 12;
    private static final long PAGE = 1L << PAGE_LG2;

    private final DomainType type;
    private final DeviceAttach devices;
    private final IntelTable table;
    private final DomainFlush flush;
    private final int addressBits;
    private volatile @Nullable IommuDomain domain;

    /** Makes a domain that fits a unit. */
    VtdDomain(DomainType type, VtdUnit unit, DeviceAttach devices) {
        this.type = type;
        this.devices = devices;
        VtdHost host = unit.parts().host();
        this.flush = new DomainFlush(host);
        IntelTableConfig config = config(type, unit.parts().capabilities(), host);
        PageTableEnvironment environment = host.kernel()
                .pageTables(new Invalidating())
                .partialUnmap(PartialUnmap.REFUSED)
                .build();
        this.table = IntelTable.create(config, environment);
        this.flush.of(config.stage());
        int bits = unit.parts().capabilities().addressBits();
        this.addressBits = config.stage() == IntelStage.FIRST ? bits - 1 : bits;
    }

    private static IntelTableConfig config(DomainType type, UnitCapabilities capabilities, VtdHost host) {
        IntelStage stage =
                capabilities.hasFirstStage() && (!capabilities.hasSecondStage() || type != DomainType.UNMANAGED)
                        ? IntelStage.FIRST
                        : IntelStage.SECOND;
        int large =
                stage == IntelStage.FIRST ? capabilities.firstStageLargePages() : capabilities.secondStageLargePages();
        boolean coherent = capabilities.hasCoherentPageTables();
        return IntelTableConfig.of(stage, capabilities.tableBits())
                .withLargePages(host.has(VtdOption.SUPERPAGES_OFF) ? 0 : large)
                .withCoherency(coherent ? WalkCoherency.COHERENT : WalkCoherency.NON_COHERENT)
                .withExecute(host.kernel().release().vtdForbidsExecution() ? ExecuteDisable.SET : ExecuteDisable.CLEAR);
    }

    /** What the table needs at once; ranges that are unmapped are gathered. */
    private final class Invalidating implements TlbInvalidation {

        @Override
        public void flushAll() {
            // Whoever had the domain has been detached, and its id with everything cached of it is gone.
        }

        @Override
        public void flushWalk(long iova, long size, long granule) {
            flush.pages(iova, size >>> PAGE_LG2, FlushSelection.Changed.TABLES);
        }

        @Override
        public void addPage(@Nullable IotlbGather gather, long iova, long size) {
            if (gather == null) {
                flush.pages(iova, size >>> PAGE_LG2, FlushSelection.Changed.TABLES);
            } else {
                gather.addRange(iova, size);
            }
        }
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

    DomainType type() {
        return type;
    }

    DomainFlush flush() {
        return flush;
    }

    /**
     * Whether a unit can use the table.
     *
     * @throws IommuException {@code EFAULT} when addresses are mapped that the unit does not have; {@code EINVAL} when
     *     another domain may fit
     */
    void requireFit(VtdUnit unit) {
        UnitCapabilities capabilities = unit.parts().capabilities();
        IntelTableConfig config = table.config();
        String name = unit.parts().description().name();
        if (table.highestMapped() > 1L << capabilities.addressBits()) {
            throw new IommuException(
                    Errno.EFAULT,
                    String.format(
                            "%s: iommu width (%d) is not sufficient for the mapped address (%x)",
                            name, capabilities.addressBits(), table.highestMapped()));
        }
        boolean hasStage =
                config.stage() == IntelStage.FIRST ? capabilities.hasFirstStage() : capabilities.hasSecondStage();
        boolean seesTables = config.coherency() == WalkCoherency.NON_COHERENT || capabilities.hasCoherentPageTables();
        int large = config.stage() == IntelStage.FIRST
                ? capabilities.firstStageLargePages()
                : capabilities.secondStageLargePages();
        if (!hasStage
                || !seesTables
                || config.widthCode() > capabilities.widthCode()
                || (config.largePages() & ~large) != 0) {
            throw new IommuException(Errno.EINVAL, "a domain of " + config + " does not fit " + name);
        }
    }

    /** How requests are led here. */
    Target target(int did) {
        Target.Kind kind =
                table.config().stage() == IntelStage.FIRST ? Target.Kind.FIRST_STAGE : Target.Kind.SECOND_STAGE;
        return new Target(kind, table.pageTable().root(), table.config().widthCode(), did);
    }

    @Override
    public PageSizes pageSizes() {
        int large = table.config().largePages();
        return new PageSizes(PAGE | (large & 1L) << 21 | (large >>> 1 & 1L) << 30);
    }

    @Override
    public IovaRange aperture() {
        return new IovaRange(0, (1L << addressBits) - 1);
    }

    @Override
    public void attach(Device device) {
        devices.attach(device, this);
    }

    @Override
    public void mapPages(long iova, long pa, long pageSize, long count, Prot prot, MapProgress progress) {
        long last = iova + pageSize * count - 1;
        if (last >>> addressBits != 0) {
            throw new IommuException(
                    Errno.EFAULT,
                    String.format(
                            "iommu width (%d) is not sufficient for the mapped address (%x)", addressBits, last + 1));
        }
        table.map(iova, pa, pageSize, count, prot, progress);
    }

    @Override
    public long unmapPages(long iova, long pageSize, long count, IotlbGather gather) {
        return table.unmap(iova, pageSize, count, gather);
    }

    @Override
    public long iovaToPhys(long iova) {
        return table.pageTable().iovaToPhys(iova);
    }

    @Override
    public void iotlbSyncMap(long iova, long size) {
        long first = iova & -PAGE;
        flush.mapped(first, iova + size - first + PAGE - 1 >>> PAGE_LG2);
    }

    @Override
    public void iotlbSync(IotlbGather gather) {
        boolean tables = !gather.freedTables().isEmpty();
        if (!gather.isEmpty()) {
            flush.pages(
                    gather.start(),
                    gather.last() - gather.start() + PAGE >>> PAGE_LG2,
                    tables ? FlushSelection.Changed.TABLES : FlushSelection.Changed.LEAVES);
        }
        table.pageTable().freeGathered(gather);
    }

    @Override
    public void flushIotlbAll() {
        flush.everything();
    }

    @Override
    public boolean supportsPasid() {
        return true;
    }

    @Override
    public void attachPasid(Device device, int pasid) {
        devices.attachPasid(device, pasid, this);
    }

    @Override
    public void detachPasid(Device device, int pasid) {
        devices.detachPasid(device, pasid);
    }

    @Override
    public void free() {
        table.pageTable().destroy();
    }
}
