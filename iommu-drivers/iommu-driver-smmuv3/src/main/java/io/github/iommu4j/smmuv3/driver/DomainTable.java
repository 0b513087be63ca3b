package io.github.iommu4j.smmuv3.driver;

import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.core.pagetable.PageTableEnvironment;
import io.github.iommu4j.core.pagetable.PartialUnmap;
import io.github.iommu4j.core.pagetable.TlbInvalidation;
import io.github.iommu4j.core.pagetable.WalkCoherency;
import io.github.iommu4j.core.pagetable.arm.ArmTableConfig;
import io.github.iommu4j.core.pagetable.arm.LpaeKind;
import io.github.iommu4j.core.pagetable.arm.LpaeRegisters;
import io.github.iommu4j.core.pagetable.arm.LpaeTable;
import io.github.iommu4j.smmuv3.driver.RangeInvalidation.Commands;
import io.github.iommu4j.smmuv3.driver.SmmuDomain.Stage;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.Set;

/** A domain's page table and the id that a unit's TLB knows it by: neither is without the other. Thread-safe. */
final class DomainTable {

    private final Stage stage;
    private final SmmuUnit unit;
    private final int id;
    private final LpaeTable lpae;
    private final DomainFlush flush;

    /**
     * Makes an empty table.
     *
     * @throws IommuException {@code EBUSY} without a free ASID, {@code ENOSPC} without a free VMID, {@code ENOMEM}
     */
    DomainTable(Stage stage, SmmuUnit unit, TlbInvalidation invalidation) {
        this.stage = stage;
        this.unit = unit;
        this.id = allocateId();
        try {
            this.lpae = create(stage, unit, invalidation);
        } catch (IommuException refusal) {
            freeId();
            throw refusal;
        }
        this.flush = new DomainFlush(unit, tlb());
    }

    private int allocateId() {
        SmmuHost host = unit.host();
        if (stage == Stage.TWO) {
            return unit.vmids().allocate(unit.features().vmidBits());
        }
        host.asidLock().lock();
        try {
            return host.asids().allocate(unit.features().asidBits());
        } finally {
            host.asidLock().unlock();
        }
    }

    private void freeId() {
        SmmuHost host = unit.host();
        if (stage == Stage.TWO) {
            unit.vmids().free(id);
            return;
        }
        host.asidLock().lock();
        try {
            host.asids().free(id);
        } finally {
            host.asidLock().unlock();
        }
    }

    private DomainFlush.Tlb tlb() {
        Commands commands =
                unit.features().has(SmmuFeature.RANGE_INVALIDATION) ? Commands.BY_RANGE : Commands.BY_ADDRESS;
        RangeInvalidation ranges = RangeInvalidation.of(
                commands, lpae.geometry().granuleLg2(), unit.host().errata());
        if (stage == Stage.TWO) {
            return DomainFlush.Tlb.ofVmid(id, ranges);
        }
        return unit.features().has(SmmuFeature.E2H)
                ? DomainFlush.Tlb.ofAsid(id, CommandOpcode.TLBI_EL2_VA, CommandOpcode.TLBI_EL2_ASID, ranges)
                : DomainFlush.Tlb.ofAsid(id, CommandOpcode.TLBI_NH_VA, CommandOpcode.TLBI_NH_ASID, ranges);
    }

    private static LpaeTable create(Stage stage, SmmuUnit unit, TlbInvalidation invalidation) {
        SmmuHost host = unit.host();
        UnitFeatures features = unit.features();
        KernelRelease release = host.kernel().release();
        PageTableEnvironment environment = host.kernel()
                .pageTables(invalidation)
                .partialUnmap(release.splitsLeaves() ? PartialUnmap.SPLITS : PartialUnmap.REFUSED)
                .build();
        int input = stage == Stage.ONE ? features.vaBits() : features.ias();
        int output = stage == Stage.ONE ? features.ias() : features.oas();
        ArmTableConfig config = ArmTableConfig.of(features.pageSizes(), input, output)
                .withCpuPageSize(host.cpuPageSize())
                .withCoherency(
                        features.has(SmmuFeature.COHERENCY) ? WalkCoherency.COHERENT : WalkCoherency.NON_COHERENT);
        LpaeKind kind = stage == Stage.ONE ? LpaeKind.ARM_64_LPAE_S1 : LpaeKind.ARM_64_LPAE_S2;
        return LpaeTable.create(kind, config, environment);
    }

    SmmuUnit unit() {
        return unit;
    }

    LpaeTable lpae() {
        return lpae;
    }

    DomainFlush flush() {
        return flush;
    }

    int id() {
        return id;
    }

    ContextDescriptor descriptor(Set<StreamTrait> traits) {
        return ContextDescriptors.stage1(id, (LpaeRegisters.Stage1) lpae.registers(), traits);
    }

    StreamTableEntry stage2Entry(Set<StreamTrait> traits) {
        return unit.entries().stage2(id, (LpaeRegisters.Stage2) lpae.registers(), traits);
    }

    /** Forgets what the TLB knows, frees every table, and gives the id back. */
    void free() {
        lpae.pageTable().destroy();
        freeId();
    }
}
