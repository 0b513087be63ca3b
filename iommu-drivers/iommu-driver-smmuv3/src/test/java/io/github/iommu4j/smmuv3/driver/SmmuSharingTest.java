package io.github.iommu4j.smmuv3.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.PageSizes;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.api.driver.MapProgress;
import io.github.iommu4j.core.pagetable.PageTableEnvironment;
import io.github.iommu4j.core.pagetable.arm.ArmTableConfig;
import io.github.iommu4j.core.pagetable.arm.LpaeKind;
import io.github.iommu4j.core.pagetable.arm.LpaeTable;
import io.github.iommu4j.smmuv3.hardware.CommandProcessing;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import io.github.iommu4j.testkit.machine.ManualTicker;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Address spaces of processes, and stages 1 of users: tables that are not the driver's. */
class SmmuSharingTest {

    private static final long IOVA = 0x1234_5000L;
    private static final long PA = 0x8000_1000L;
    private static final int PASID = 6;

    private static SmmuBench bench(IdField... without) {
        SmmuBench.Plan plan = new SmmuBench.Plan();
        plan.features = DeviceFeatures.of(5);
        plan.host = builder -> builder.queueBytesLg2(15);
        plan.capabilities = SmmuBench.CAPABLE.toBuilder().disable(without).build();
        return plan.boot();
    }

    /** A process with one page. */
    private static LpaeTable process(SmmuBench bench) {
        LpaeTable table = LpaeTable.create(
                LpaeKind.ARM_64_LPAE_S1,
                ArmTableConfig.of(new PageSizes(1 << 12 | 1 << 21), 48, 48),
                PageTableEnvironment.builder(bench.memory, bench.arena).build());
        table.pageTable().map(IOVA, PA, 0x1000, 1, Prot.READ_WRITE, new MapProgress());
        return table;
    }

    @Test
    void aProcessIsReachedByItsPasidUntilItGoes() {
        SmmuBench bench = bench();
        LpaeTable process = process(bench);
        SvaDomain space = bench.driver.shareAddressSpace(process);
        IommuDomain domain = bench.core.adopt(bench.device("nic"), DomainType.SVA, space);
        assertThat(space.domain()).isSameAs(domain);
        bench.group("nic").attachPasid(domain, PASID);
        assertThat(bench.dma("nic", PASID, IOVA, Access.WRITE)).isEqualTo(PA);
        bench.takeAll();
        process.pageTable().unmap(IOVA, 0x1000, 1, null);
        space.invalidate(IOVA, 0x1000);
        assertThat(bench.takeNames()).containsExactly("TLBI_NH_VA", "SYNC");
        assertThat(bench.dma("nic", PASID, IOVA, Access.WRITE)).isEqualTo(-1);
        bench.driver.step();
        assertThat(bench.faults).hasSize(1);
        space.release();
        bench.dma("nic", PASID, IOVA, Access.WRITE);
        bench.driver.step();
        assertThat(bench.faults).as("no event says that the process has gone").hasSize(1);
        bench.group("nic").detachPasid(domain, PASID);
        int ids = bench.driver.idsInUse();
        domain.free();
        assertThat(bench.driver.idsInUse()).isEqualTo(ids - 1);
        process.pageTable().destroy();
    }

    @Test
    void withoutRangesManyPagesAreTheWholeProcess() {
        SmmuBench bench = bench(IdField.RIL);
        SvaDomain space = bench.driver.shareAddressSpace(process(bench));
        bench.takeAll();
        space.invalidate(0, 511 * 0x1000L);
        assertThat(bench.takeNames()).hasSize(512).contains("TLBI_NH_VA");
        space.invalidate(0, 512 * 0x1000L);
        assertThat(bench.takeNames()).containsExactly("TLBI_NH_ASID", "SYNC");
    }

    @Test
    void aProcessGoesWithAPasidOnlyAndMustFitTheUnit() {
        SmmuBench bench = bench();
        SvaDomain space = bench.driver.shareAddressSpace(process(bench));
        assertThat(SmmuBench.errno(() -> space.attach(bench.device("nic")))).isEqualTo(Errno.EINVAL);
        assertThat(space.supportsPasid()).isTrue();
        LpaeTable stage2 = LpaeTable.create(
                LpaeKind.ARM_64_LPAE_S2,
                ArmTableConfig.of(new PageSizes(1 << 12), 40, 40),
                PageTableEnvironment.builder(bench.memory, bench.arena).build());
        assertThat(SmmuBench.errno(() -> bench.driver.shareAddressSpace(stage2)))
                .isEqualTo(Errno.EINVAL);
        SmmuBench incoherent = bench(IdField.COHACC);
        assertThat(SmmuBench.errno(() -> incoherent.driver.shareAddressSpace(process(incoherent))))
                .isEqualTo(Errno.EINVAL);
    }

    @Test
    void aUsersInvalidationsReachHisOwnOnly() {
        SmmuBench bench = bench();
        DomainOps parent = bench.driver.nestParent();
        bench.takeAll();
        bench.driver.invalidate(
                parent,
                List.of(
                        Command.of(CommandOpcode.TLBI_NSNH_ALL),
                        Command.of(CommandOpcode.TLBI_NH_ASID)
                                .with0(Command.ASID, 9)
                                .with0(Command.VMID, 77),
                        Command.of(CommandOpcode.CFGI_CD).with0(Command.STREAM_ID, 1)),
                vsid -> vsid == 1 ? 0x110 : null);
        List<Command> issued = bench.takeCommands();
        assertThat(issued)
                .containsExactly(
                        Command.of(CommandOpcode.TLBI_NH_ALL).with0(Command.VMID, 1),
                        Command.of(CommandOpcode.TLBI_NH_ASID)
                                .with0(Command.ASID, 9)
                                .with0(Command.VMID, 1),
                        Command.of(CommandOpcode.CFGI_CD).with0(Command.STREAM_ID, 0x110));
        for (Command foreign : List.of(
                Command.of(CommandOpcode.CFGI_CD).with0(Command.STREAM_ID, 2),
                Command.of(CommandOpcode.CFGI_STE_RANGE),
                new Command(0xFF, 0))) {
            assertThat(SmmuBench.errno(() -> bench.driver.invalidate(
                            parent, List.of(Command.of(CommandOpcode.TLBI_NH_ALL), foreign), vsid -> null)))
                    .isEqualTo(Errno.EIO);
            assertThat(bench.takeNames()).as("what came before").containsExactly("TLBI_NH_ALL", "SYNC");
        }
        DomainOps stage1 =
                new SmmuDomain(SmmuDomain.Stage.ONE, bench.driver.unit(), new DeviceAttach(bench.driver.unit()));
        assertThat(SmmuBench.errno(() -> bench.driver.invalidate(stage1, List.of(), vsid -> null)))
                .isEqualTo(Errno.EINVAL);
    }

    @Test
    void aUserIsToldThatHisInvalidationsWereNotDone() {
        SmmuBench.Plan plan = new SmmuBench.Plan();
        plan.processing = CommandProcessing.STEPPED;
        ManualTicker ticker = new ManualTicker();
        boolean[] stuck = new boolean[1];
        plan.host = builder -> builder.clock(ticker).whilePolling(() -> {
            if (stuck[0]) {
                ticker.advance(Duration.ofMillis(100));
            } else {
                Objects.requireNonNull(plan.made).step();
            }
        });
        SmmuBench bench = plan.boot();
        DomainOps parent = bench.driver.nestParent();
        stuck[0] = true;
        assertThat(SmmuBench.errno(() ->
                        bench.driver.invalidate(parent, List.of(Command.of(CommandOpcode.TLBI_NH_ALL)), vsid -> null)))
                .isEqualTo(Errno.ETIMEDOUT);
        assertThat(SmmuBench.errno(() -> bench.driver.invalidate(parent, List.of(new Command(0xFF, 0)), vsid -> null)))
                .as("what is not his comes first")
                .isEqualTo(Errno.EIO);
    }

    /** A guest with its own context and tables in what it takes for physical memory. */
    @Test
    void aGuestTranslatesThroughBothStages() {
        SmmuBench bench = bench();
        DomainOps parent = bench.driver.nestParent();
        IommuDomain stage2 = bench.core.adopt(bench.device("nic"), DomainType.UNMANAGED, parent);
        // The guest's memory at 0 is ours at 0x9000_0000: contexts first, then tables.
        stage2.map(0, 0x9000_0000L, 0x20_0000, Prot.READ_WRITE);
        long tables = 0x1_0000;
        for (int level = 0; level < 3; level++) {
            int shift = 39 - 9 * level;
            bench.memory.store64(
                    0x9000_0000L + tables + level * 0x1000L + (IOVA >>> shift & 511) * 8,
                    tables + (level + 1) * 0x1000L | 3);
        }
        bench.memory.store64(0x9000_0000L + tables + 0x3000 + (IOVA >>> 12 & 511) * 8, 0x10_0000 | 0x743);
        long word0 = ContextDescriptor.T0SZ.of(16)
                | ContextDescriptor.EPD1.mask()
                | ContextDescriptor.V.mask()
                | ContextDescriptor.IPS.of(5)
                | ContextDescriptor.AA64.mask()
                | ContextDescriptor.R.mask()
                | ContextDescriptor.A.mask()
                | ContextDescriptor.ASID.of(5);
        new ContextDescriptor(word0, tables, 0, 0xFF, 0, 0, 0, 0).writeTo(bench.memory, 0x9000_0000L);
        long entry = StreamTableEntry.V.mask() | StreamTableEntry.CONFIG.of(StreamTableEntry.CONFIG_STAGE1);
        IommuDomain nested =
                bench.core.adopt(bench.device("nic"), DomainType.NESTED, bench.driver.nest(parent, entry, 0));
        bench.group("nic").dmaOwnership().claim(this);
        bench.group("nic").attach(nested);
        assertThat(bench.dma("nic", IOVA + 0x10, Access.READ)).isEqualTo(0x9010_0010L);
        stage2.unmap(0, 0x20_0000);
        assertThat(bench.dma("nic", IOVA + 0x10, Access.READ)).isEqualTo(-1);
    }
}
