package io.github.iommu4j.smmuv3.driver;

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
import io.github.iommu4j.core.pagetable.TlbInvalidation;
import io.github.iommu4j.core.pagetable.arm.LpaeTable;
import io.github.iommu4j.smmuv3.driver.RangeInvalidation.Changed;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A domain that maps (Linux {@code arm_smmu_domain}), of one unit. Thread-safe as its table.
 */
final class SmmuDomain implements DomainOps, ContextSpace {

    private static final LockClass INIT_LOCK = new LockClass("&smmu_domain->init_mutex");

    private final DeviceAttach devices;
    private final Stage stage;
    private final SmmuUnit madeFor;
    private final Mutex initMutex;
    private volatile @Nullable DomainTable table;
    private volatile @Nullable IommuDomain domain;
    private @Nullable Master pattern;

    /** Which stage translates. */
    enum Stage {
        /** Stage 1, known by an ASID. */
        ONE,
        /** Stage 2, known by a VMID. */
        TWO
    }

    /**
     * Makes a domain for a unit; from 6.8 on with its table and id at once.
     *
     * @throws IommuException {@code EBUSY} or {@code ENOSPC} without a free id; {@code ENOMEM}
     */
    SmmuDomain(Stage stage, SmmuUnit unit, DeviceAttach devices) {
        this.stage = stage;
        this.madeFor = unit;
        this.devices = devices;
        this.initMutex = unit.host().kernel().locking().mutex(INIT_LOCK);
        if (!unit.host().kernel().release().smmuv3FinalisesDomainsAtAttach()) {
            table = new DomainTable(stage, unit, new Invalidating());
        }
    }

    /** The stage that a unit's domains are of: the second only where the first is not, or is not wanted. */
    static Stage usualStage(SmmuUnit unit) {
        UnitFeatures features = unit.features();
        boolean second = !features.has(SmmuFeature.STAGE_1)
                || features.has(SmmuFeature.STAGE_2) && unit.host().has(SmmuOption.PREFER_STAGE_2);
        return second ? Stage.TWO : Stage.ONE;
    }

    /**
     * Makes table and id for the unit of the first master, if that was not done yet.
     *
     * @throws IommuException as the constructor
     */
    void finalise(Master master) {
        initMutex.lock();
        try {
            if (table == null) {
                table = new DomainTable(stage, master.unit(), new Invalidating());
                pattern = master;
            }
        } finally {
            initMutex.unlock();
        }
    }

    /** Whether a master's contexts are like those of the first, up to 6.8 where a domain had one context table. */
    boolean likeFirst(Master master) {
        Master first = pattern;
        return stage == Stage.TWO
                || first == null
                || first.ssidBits() == master.ssidBits() && first.stalls() == master.stalls();
    }

    /** What the table needs at once; leaves are gathered. */
    private final class Invalidating implements TlbInvalidation {

        @Override
        public void flushAll() {
            table().flush().everything();
        }

        @Override
        public void flushWalk(long iova, long size, long granule) {
            table().flush().range(iova, size, granule, Changed.TABLES);
        }

        @Override
        public void addPage(@Nullable IotlbGather gather, long iova, long granule) {
            if (gather == null) {
                table().flush().range(iova, granule, granule, Changed.LEAVES);
            } else {
                gather.addPage(iova, granule, () -> {
                    iotlbSync(gather);
                    gather.reset();
                });
            }
        }

        /** Neighbours touch: after the first, nothing needs a sync. */
        @Override
        public void addPages(@Nullable IotlbGather gather, long iova, long granule, long count) {
            if (gather == null) {
                table().flush().range(iova, granule * count, granule, Changed.LEAVES);
            } else {
                addPage(gather, iova, granule);
                gather.addRange(iova, granule * count);
            }
        }
    }

    private DomainTable table() {
        DomainTable present = table;
        if (present == null) {
            throw new IommuException(Errno.ENODEV, "the domain was never attached and has no table");
        }
        return present;
    }

    private LpaeTable lpae() {
        return table().lpae();
    }

    Stage stage() {
        return stage;
    }

    StreamTarget target() {
        return stage == Stage.ONE ? new StreamTarget.Stage1(this) : new StreamTarget.Stage2(this);
    }

    @Override
    public SmmuUnit unit() {
        DomainTable present = table;
        return present == null ? madeFor : present.unit();
    }

    @Override
    public DomainFlush flush() {
        return table().flush();
    }

    @Override
    public ContextDescriptor descriptor(Set<StreamTrait> traits) {
        return table().descriptor(traits);
    }

    StreamTableEntry stage2Entry(Set<StreamTrait> traits) {
        return table().stage2Entry(traits);
    }

    int vmid() {
        return table().id();
    }

    @Override
    public @Nullable IommuDomain domain() {
        return domain;
    }

    @Override
    public void created(IommuDomain newDomain) {
        domain = newDomain;
    }

    @Override
    public PageSizes pageSizes() {
        DomainTable present = table;
        return present == null
                ? madeFor.features().pageSizes()
                : present.lpae().config().pageSizes();
    }

    @Override
    public IovaRange aperture() {
        DomainTable present = table;
        int bits = present == null
                ? madeFor.features().vaBits()
                : present.lpae().config().ias();
        return new IovaRange(0, (1L << bits) - 1);
    }

    @Override
    public void attach(Device device) {
        devices.attach(device, this);
    }

    @Override
    public void mapPages(long iova, long pa, long pageSize, long count, Prot prot, MapProgress progress) {
        lpae().pageTable().map(iova, pa, pageSize, count, prot, progress);
    }

    @Override
    public long unmapPages(long iova, long pageSize, long count, IotlbGather gather) {
        return table == null ? 0 : lpae().pageTable().unmap(iova, pageSize, count, gather);
    }

    @Override
    public long iovaToPhys(long iova) {
        return table == null ? 0 : lpae().pageTable().iovaToPhys(iova);
    }

    @Override
    public void iotlbSync(IotlbGather gather) {
        if (gather.pageSize() != 0) {
            flush().range(gather.start(), gather.last() - gather.start() + 1, gather.pageSize(), Changed.LEAVES);
        }
    }

    @Override
    public void flushIotlbAll() {
        if (table != null) {
            flush().everything();
        }
    }

    @Override
    public boolean supportsPasid() {
        return stage == Stage.ONE;
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
        DomainTable present = table;
        if (present != null) {
            present.free();
        }
    }
}
