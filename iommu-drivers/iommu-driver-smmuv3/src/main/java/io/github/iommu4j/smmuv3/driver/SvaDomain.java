package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.core.pagetable.arm.LpaeRegisters;
import io.github.iommu4j.core.pagetable.arm.LpaeTable;
import io.github.iommu4j.smmuv3.driver.DomainFlush.Tag;
import io.github.iommu4j.smmuv3.driver.RangeInvalidation.Changed;
import io.github.iommu4j.smmuv3.driver.RangeInvalidation.Commands;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A process's address space, which devices use by PASID (Linux SVA). Its tables are the process's: whoever changes them says so
 * by {@link #invalidate}, as the kernel's notifier does, and {@link #release} comes when the process goes, before its tables do.
 * Made by {@link Smmuv3Driver#shareAddressSpace}. Thread-safe.
 */
public final class SvaDomain implements DomainOps, ContextSpace {

    private static final long PAGE = 0x1000;
    /** Linux invalidates at most so many pages one by one. */
    private static final long MOST_PAGES = PAGE / Long.BYTES;

    private final SmmuUnit unit;
    private final DeviceAttach devices;
    private final ContextDescriptors contexts;
    private final LpaeRegisters.Stage1 space;
    private final long granule;
    private final int asid;
    private final DomainFlush flush;
    private volatile @Nullable IommuDomain domain;
    private volatile boolean released;

    /**
     * @throws IommuException {@code EINVAL} for tables that a unit cannot walk; {@code EBUSY} without a free ASID
     */
    SvaDomain(SmmuUnit unit, DeviceAttach devices, LpaeTable table) {
        this.unit = unit;
        this.devices = devices;
        this.contexts = new ContextDescriptors(unit.host().kernel().release());
        UnitFeatures features = unit.features();
        boolean fits = table.registers() instanceof LpaeRegisters.Stage1
                && features.has(SmmuFeature.STAGE_1)
                && features.has(SmmuFeature.COHERENCY)
                && (features.pageSizes().bitmap() & table.config().pageSizes().smallest()) != 0
                && table.config().ias() <= features.vaBits()
                && table.config().oas() <= features.oas();
        if (!fits) {
            throw new IommuException(Errno.EINVAL, unit.name() + " cannot walk tables of " + table.config());
        }
        this.space = (LpaeRegisters.Stage1) table.registers();
        this.granule = table.config().pageSizes().smallest();
        SmmuHost host = unit.host();
        host.asidLock().lock();
        try {
            this.asid = host.asids().allocate(features.asidBits());
        } finally {
            host.asidLock().unlock();
        }
        this.flush = new DomainFlush(unit, tlb(table));
    }

    private DomainFlush.Tlb tlb(LpaeTable table) {
        boolean ranges = unit.features().has(SmmuFeature.RANGE_INVALIDATION);
        RangeInvalidation choice = RangeInvalidation.of(
                ranges ? Commands.BY_RANGE : Commands.BY_ADDRESS,
                table.geometry().granuleLg2(),
                unit.host().errata());
        return unit.features().has(SmmuFeature.E2H)
                ? DomainFlush.Tlb.ofAsid(asid, CommandOpcode.TLBI_EL2_VA, CommandOpcode.TLBI_EL2_ASID, choice)
                : DomainFlush.Tlb.ofAsid(asid, CommandOpcode.TLBI_NH_VA, CommandOpcode.TLBI_NH_ASID, choice);
    }

    /**
     * The process's tables have changed: nothing of the range is used any more when this returns.
     *
     * @param first first address, aligned to the tables' granule
     * @param size bytes, a multiple of the granule; large ones may come to everything
     */
    public void invalidate(long first, long size) {
        boolean byPage = !unit.features().has(SmmuFeature.RANGE_INVALIDATION);
        if (byPage && size >= MOST_PAGES * granule) {
            flush.everything();
        } else {
            flush.range(first, size, granule, Changed.TABLES);
        }
    }

    /** The process goes: devices that still use its PASID find nothing, and no event says so. Its tables may go afterwards. */
    public void release() {
        unit.host().asidLock().lock();
        try {
            released = true;
            for (Tag tag : flush.tags()) {
                tag.master()
                        .contexts()
                        .write(tag.pasid(), descriptor(tag.master().traits()));
            }
        } finally {
            unit.host().asidLock().unlock();
        }
        flush.everything();
    }

    @Override
    public SmmuUnit unit() {
        return unit;
    }

    @Override
    public DomainFlush flush() {
        return flush;
    }

    @Override
    public ContextDescriptor descriptor(Set<StreamTrait> traits) {
        return released ? contexts.svaReleased(asid, space, traits) : contexts.sva(asid, space, traits);
    }

    @Override
    public @Nullable IommuDomain domain() {
        return domain;
    }

    @Override
    public void created(IommuDomain newDomain) {
        domain = newDomain;
    }

    /** Always refused: only PASIDs can have it. */
    @Override
    public void attach(Device device) {
        throw new IommuException(Errno.EINVAL, "a process's address space goes with a PASID only");
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

    /** Forgets what the TLB knows, and gives the ASID back; the tables are not ours. */
    @Override
    public void free() {
        flush.everything();
        SmmuHost host = unit.host();
        host.asidLock().lock();
        try {
            host.asids().free(asid);
        } finally {
            host.asidLock().unlock();
        }
    }
}
