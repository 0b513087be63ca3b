package io.github.iommu4j.smmuv3.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.smmuv3.driver.DeviceFeatures.Trait;
import io.github.iommu4j.smmuv3.hardware.Smmuv3;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What attaching writes, refuses and leaves. */
class SmmuAttachTest {

    private static final long IOVA = 0x1234_5000L;
    private static final long PA = 0x8000_1000L;

    private static SmmuBench bench(KernelRelease release) {
        SmmuBench.Plan plan = new SmmuBench.Plan();
        plan.release = release;
        plan.features = DeviceFeatures.of(5);
        return plan.boot();
    }

    private static DomainOps ops(SmmuBench bench, DomainType type, String device) {
        return Objects.requireNonNull(bench.driver.allocateDomain(type, bench.device(device)));
    }

    @Test
    void aStageOneDomainStandsInContextZero() {
        SmmuBench bench = bench(KernelRelease.V6_12);
        IommuDomain domain = bench.attached("nic");
        assertThat(bench.entry("nic").config()).isEqualTo(StreamTableEntry.CONFIG_STAGE1);
        assertThat(StreamTableEntry.S1DSS.get(bench.entry("nic").dw1())).isEqualTo(2);
        Master master = Objects.requireNonNull(bench.driver.unit().streams().find(bench.device("nic")));
        ContextDescriptor context = master.contexts().read(0);
        assertThat(context.valid()).isTrue();
        assertThat(ContextDescriptor.ASID.get(context.dw0()))
                .as("two default domains before it")
                .isEqualTo(3);
        domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        assertThat(bench.dma("nic", IOVA, Access.WRITE)).isEqualTo(PA);
        assertThat(bench.dma("disk", IOVA, Access.WRITE)).isEqualTo(-1);
    }

    @Test
    void aStageTwoDomainIsInTheEntryAndItsOldContextIsGone() {
        SmmuBench bench = bench(KernelRelease.V6_12);
        DomainOps parent = bench.driver.nestParent();
        DeviceNode nic = bench.device("nic");
        parent.attach(nic);
        assertThat(bench.entry("nic").config()).isEqualTo(StreamTableEntry.CONFIG_STAGE2);
        assertThat(StreamTableEntry.S2VMID.get(bench.entry("nic").dw2())).isEqualTo(1);
        Master master = Objects.requireNonNull(bench.driver.unit().streams().find(nic));
        assertThat(master.contexts().read(0).valid()).isFalse();
        assertThat(parent.supportsPasid()).isFalse();
        ops(bench, DomainType.BLOCKED, "nic").attach(nic);
        parent.free();
        assertThat(bench.driver.unit().vmids().inUse()).isZero();
    }

    @Test
    void identityPassesAndBlockedAborts() {
        SmmuBench bench = bench(KernelRelease.V6_12);
        DeviceNode nic = bench.device("nic");
        ops(bench, DomainType.IDENTITY, "nic").attach(nic);
        assertThat(bench.dma("nic", IOVA, Access.READ)).isEqualTo(IOVA);
        ops(bench, DomainType.BLOCKED, "nic").attach(nic);
        assertThat(bench.dma("nic", IOVA, Access.READ)).isEqualTo(-1);
        assertThat(bench.entry("nic").config()).isZero();
        assertThat(bench.driver.allocateDomain(DomainType.SVA, nic)).isNull();
    }

    @Test
    void before6_9ThereIsNoBlockedDomainAndADeviceIsDetachedFirst() {
        SmmuBench bench = bench(KernelRelease.V6_1);
        assertThat(bench.driver.allocateDomain(DomainType.BLOCKED, bench.device("nic")))
                .isNull();
        assertThat(bench.driver.releaseDomainType()).isNull();
        IommuDomain domain = bench.core.newPagingDomain(bench.device("nic"));
        assertThat(SmmuBench.errno(() -> domain.map(IOVA, PA, 0x1000, Prot.READ)))
                .as("no table yet")
                .isEqualTo(Errno.ENODEV);
        assertThat(domain.iovaToPhys(IOVA)).isZero();
        assertThat(domain.unmap(IOVA, 0x1000)).isZero();
        domain.flushIotlbAll();
        bench.group("nic").dmaOwnership().claim(this);
        bench.group("nic").attach(domain);
        domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        assertThat(bench.dma("nic", IOVA, Access.READ)).isEqualTo(PA);
        bench.group("nic").detach(domain);
        assertThat(bench.dma("nic", IOVA, Access.READ)).isEqualTo(-1);
    }

    @Test
    void aFailedAttachLeavesTheDeviceDetachedBefore6_9AndAsItWasLater() {
        for (KernelRelease release : new KernelRelease[] {KernelRelease.V6_1, KernelRelease.V6_12}) {
            SmmuBench bench = bench(release);
            DomainOps passing = ops(bench, DomainType.IDENTITY, "nic");
            passing.attach(bench.device("nic"));
            SmmuUnit other = secondUnit(bench);
            SmmuDomain foreign = new SmmuDomain(SmmuDomain.Stage.ONE, other, new DeviceAttach(bench.driver.unit()));
            if (release == KernelRelease.V6_1) {
                foreign.finalise(new Master(bench.device("disk"), other, List.of(1), Master.Bus.PLATFORM));
            }
            assertThat(SmmuBench.errno(() -> foreign.attach(bench.device("nic"))))
                    .isEqualTo(release == KernelRelease.V6_1 ? Errno.ENXIO : Errno.EINVAL);
            assertThat(bench.dma("nic", IOVA, Access.READ)).isEqualTo(release == KernelRelease.V6_1 ? -1 : IOVA);
        }
    }

    private static SmmuUnit secondUnit(SmmuBench bench) {
        Smmuv3 unit =
                Smmuv3.builder(bench.memory).capabilities(SmmuBench.CAPABLE).build();
        return new SmmuUnit("other.smmuv3", unit.registers(), bench.host);
    }

    @Test
    void before6_9DevicesOfADomainHaveLikePasidsAndStalls() {
        SmmuBench.Plan plan = new SmmuBench.Plan();
        plan.release = KernelRelease.V6_1;
        plan.host = builder ->
                builder.features(device -> DeviceFeatures.of(device.name().equals("nic") ? 5 : 6));
        SmmuBench bench = plan.boot();
        DomainOps shared = ops(bench, DomainType.UNMANAGED, "nic");
        shared.attach(bench.device("nic"));
        assertThat(SmmuBench.errno(() -> shared.attach(bench.device("disk")))).isEqualTo(Errno.EINVAL);
        assertThat(bench.dma("disk", IOVA, Access.READ)).isEqualTo(-1);
    }

    @Test
    void pasidsGoElsewhereThanTheRest() {
        for (DomainType rest : new DomainType[] {DomainType.BLOCKED, DomainType.IDENTITY, DomainType.UNMANAGED}) {
            SmmuBench bench = bench(KernelRelease.V6_12);
            DeviceNode nic = bench.device("nic");
            ops(bench, rest, "nic").attach(nic);
            long plain = bench.dma("nic", IOVA, Access.READ);
            IommuDomain domain = bench.core.newPagingDomain(nic);
            domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
            bench.group("nic").attachPasid(domain, 4);
            assertThat(bench.dma("nic", 4, IOVA, Access.READ)).isEqualTo(PA);
            assertThat(bench.dma("nic", 5, IOVA, Access.READ)).isEqualTo(-1);
            assertThat(bench.dma("nic", IOVA, Access.READ)).isEqualTo(plain);
            bench.group("nic").detachPasid(domain, 4);
            assertThat(bench.dma("nic", 4, IOVA, Access.READ)).isEqualTo(-1);
            assertThat(bench.dma("nic", IOVA, Access.READ)).isEqualTo(plain);
            domain.free();
        }
    }

    @Test
    void aPasidIsReplacedInOneStep() {
        SmmuBench bench = bench(KernelRelease.V6_12);
        DeviceNode nic = bench.device("nic");
        IommuDomain first = bench.core.newPagingDomain(nic);
        IommuDomain second = bench.core.newPagingDomain(nic);
        second.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        bench.group("nic").attachPasid(first, 4);
        bench.group("nic").replacePasid(second, 4);
        assertThat(bench.dma("nic", 4, IOVA, Access.READ)).isEqualTo(PA);
    }

    @Test
    void stageTwoAndPasidsDoNotGoTogether() {
        SmmuBench bench = bench(KernelRelease.V6_12);
        DeviceNode nic = bench.device("nic");
        DomainOps parent = bench.driver.nestParent();
        DomainOps space = ops(bench, DomainType.UNMANAGED, "nic");
        space.attachPasid(nic, 4);
        assertThat(SmmuBench.errno(() -> parent.attach(nic))).isEqualTo(Errno.EBUSY);
        space.detachPasid(nic, 4);
        space.detachPasid(nic, 4);
        parent.attach(nic);
        assertThat(SmmuBench.errno(() -> space.attachPasid(nic, 4))).isEqualTo(Errno.EINVAL);
        assertThat(SmmuBench.errno(() -> parent.attachPasid(nic, 4))).isEqualTo(Errno.EINVAL);
    }

    @Test
    void pasidsTheDeviceDoesNotHaveAreRefused() {
        SmmuBench bench = bench(KernelRelease.V6_12);
        DomainOps space = ops(bench, DomainType.UNMANAGED, "nic");
        assertThat(bench.driver.maxPasids(bench.device("nic"))).isEqualTo(32);
        for (int pasid : new int[] {-1, 0, 32}) {
            assertThat(SmmuBench.errno(() -> space.attachPasid(bench.device("nic"), pasid)))
                    .isEqualTo(Errno.EINVAL);
        }
        SmmuDomain foreign =
                new SmmuDomain(SmmuDomain.Stage.ONE, secondUnit(bench), new DeviceAttach(bench.driver.unit()));
        assertThat(SmmuBench.errno(() -> foreign.attachPasid(bench.device("nic"), 4)))
                .isEqualTo(Errno.EINVAL);
        DeviceNode stranger = bench.bus.add(DeviceNode.Identity.of("stranger", 7));
        assertThat(SmmuBench.errno(() -> space.attach(stranger))).isEqualTo(Errno.ENOENT);
        assertThat(bench.driver.maxPasids(stranger)).isZero();
    }

    @Test
    void whenAsidsAreTakenADomainIsRefusedWithEbusyAndVmidsWithEnospc() {
        SmmuBench.Plan plan = new SmmuBench.Plan();
        plan.capabilities = SmmuBench.CAPABLE.toBuilder()
                .disable(IdField.ASID16, IdField.VMID16)
                .build();
        SmmuBench bench = plan.boot();
        List<DomainOps> domains = new ArrayList<>();
        while (bench.host.asids().inUse() < 255) {
            domains.add(ops(bench, DomainType.UNMANAGED, "nic"));
        }
        int tables = bench.arena.live().size();
        assertThat(SmmuBench.errno(() -> ops(bench, DomainType.UNMANAGED, "nic")))
                .isEqualTo(Errno.EBUSY);
        domains.remove(0).free();
        ops(bench, DomainType.UNMANAGED, "nic");
        for (int vmid = 1; vmid <= 255; vmid++) {
            domains.add(bench.driver.nestParent());
        }
        assertThat(SmmuBench.errno(bench.driver::nestParent)).isEqualTo(Errno.ENOSPC);
        domains.forEach(DomainOps::free);
        assertThat(bench.arena.live()).hasSizeLessThan(tables);
    }

    @Test
    void streamsBeyondTheTableAreRefusedWithErange() {
        SmmuBench.Plan plan = new SmmuBench.Plan();
        plan.devices.put("far", List.of(5, 0x1_0000));
        assertThat(SmmuBench.errno(plan::boot)).isEqualTo(Errno.ERANGE);
    }

    @Test
    void aStreamIsOneDevices() {
        SmmuBench.Plan plan = new SmmuBench.Plan();
        plan.devices.put("twice", List.of(5, 6, 5));
        plan.devices.put("late", List.of(7, 6));
        assertThat(SmmuBench.errno(plan::boot)).isEqualTo(Errno.EINVAL);
        plan.devices.remove("late");
        SmmuBench bench = plan.boot();
        IommuDomain domain = bench.attached("twice");
        domain.map(IOVA, PA, 0x1000, Prot.READ);
        for (int sid : new int[] {5, 6}) {
            assertThat(bench.unit.translate(sid, -1, IOVA, Access.READ.bits())).isNotNegative();
        }
    }

    @Test
    void aDeviceThatGoesLeavesNothing() {
        SmmuBench bench = bench(KernelRelease.V6_12);
        IommuDomain domain = bench.attached("nic");
        domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        DomainOps space = ops(bench, DomainType.UNMANAGED, "nic");
        space.attachPasid(bench.device("nic"), 4);
        DeviceNode nic = bench.device("nic");
        bench.driver.releaseDevice(nic);
        bench.driver.releaseDevice(nic);
        assertThat(bench.unit.translate(nic.streamId(), -1, IOVA, Access.READ.bits()))
                .isNegative();
        assertThat(bench.unit.translate(nic.streamId(), 4, IOVA, Access.READ.bits()))
                .isNegative();
        assertThat(bench.driver.unit().streams().count()).isEqualTo(1);
    }

    @Test
    void whicheverAllocationFailsADeviceStaysWhereItWas() {
        for (int n = 1; n <= 6; n++) {
            SmmuBench bench = bench(KernelRelease.V6_12);
            DeviceNode nic = bench.device("nic");
            ops(bench, DomainType.IDENTITY, "nic").attach(nic);
            int ids = bench.driver.idsInUse();
            bench.shortage.once(n);
            Errno refusal = null;
            try {
                DomainOps domain = ops(bench, DomainType.UNMANAGED, "nic");
                domain.attachPasid(nic, 20);
                domain.detachPasid(nic, 20);
                domain.free();
            } catch (IommuException refused) {
                refusal = refused.errno();
            }
            bench.shortage.end();
            assertThat(refusal).isIn(Errno.ENOMEM, null);
            assertThat(bench.dma("nic", IOVA, Access.READ)).isEqualTo(IOVA);
            assertThat(bench.driver.idsInUse()).isLessThanOrEqualTo(ids + 1);
        }
    }

    @Test
    void aUsersStageOneIsNestedOverAParent() {
        SmmuBench bench = bench(KernelRelease.V7_2);
        DeviceNode nic = bench.device("nic");
        DomainOps parent = bench.driver.nestParent();
        IommuDomain stage2 = bench.core.adopt(nic, DomainType.UNMANAGED, parent);
        stage2.map(0x4000_0000L, PA, 0x1000, Prot.READ_WRITE);
        long bypass = StreamTableEntry.V.mask() | StreamTableEntry.CONFIG.of(StreamTableEntry.CONFIG_BYPASS);
        DomainOps nested = bench.driver.nest(parent, bypass, 0);
        IommuDomain domain = bench.core.adopt(nic, DomainType.NESTED, nested);
        bench.group("nic").dmaOwnership().claim(this);
        bench.group("nic").attach(domain);
        assertThat(bench.entry("nic").config()).isEqualTo(StreamTableEntry.CONFIG_STAGE2);
        assertThat(bench.dma("nic", 0x4000_0000L, Access.READ)).isEqualTo(PA);
        long stage1 = StreamTableEntry.V.mask()
                | StreamTableEntry.CONFIG.of(StreamTableEntry.CONFIG_STAGE1)
                | StreamTableEntry.S1CONTEXTPTR.inPlace(0x4000_0000L);
        bench.driver.nest(parent, stage1, StreamTableEntry.S1CIR.of(1)).attach(nic);
        assertThat(bench.entry("nic").config()).isEqualTo(StreamTableEntry.CONFIG_NESTED);
        assertThat(StreamTableEntry.S2VMID.get(bench.entry("nic").dw2())).isNotZero();
        bench.driver.nest(parent, 0, 0).attach(nic);
        assertThat(bench.entry("nic").config()).isZero();
    }

    @Test
    void aStageOneCanBeTheFirstThatComesOverAParent() {
        for (KernelRelease release : KernelRelease.values()) {
            SmmuBench bench = bench(release);
            DeviceNode nic = bench.device("nic");
            DomainOps parent = bench.driver.nestParent();
            long bypass = StreamTableEntry.V.mask() | StreamTableEntry.CONFIG.of(StreamTableEntry.CONFIG_BYPASS);
            bench.driver.nest(parent, bypass, 0).attach(nic);
            assertThat(bench.entry("nic").config()).isEqualTo(StreamTableEntry.CONFIG_STAGE2);
        }
    }

    @Test
    void wordsThatAreNotAUsersAreRefusedWithEio() {
        SmmuBench bench = bench(KernelRelease.V7_2);
        DomainOps parent = bench.driver.nestParent();
        long valid = StreamTableEntry.V.mask() | StreamTableEntry.CONFIG.of(StreamTableEntry.CONFIG_STAGE1);
        assertThat(SmmuBench.errno(() -> bench.driver.nest(parent, valid | 1L << 56, 0)))
                .isEqualTo(Errno.EIO);
        assertThat(SmmuBench.errno(() -> bench.driver.nest(parent, valid, StreamTableEntry.STRW.of(2))))
                .isEqualTo(Errno.EIO);
        assertThat(SmmuBench.errno(() -> bench.driver.nest(parent, valid, StreamTableEntry.EATS.of(2))))
                .isEqualTo(Errno.EIO);
        assertThat(SmmuBench.errno(
                        () -> bench.driver.nest(parent, StreamTableEntry.V.mask() | StreamTableEntry.CONFIG.of(7), 0)))
                .isEqualTo(Errno.EIO);
        assertThat(SmmuBench.errno(() -> bench.driver.nest(ops(bench, DomainType.UNMANAGED, "nic"), valid, 0)))
                .isEqualTo(Errno.EINVAL);
        SmmuBench.Plan plan = new SmmuBench.Plan();
        plan.capabilities = SmmuBench.STAGE_2;
        assertThat(SmmuBench.errno(plan.boot().driver::nestParent)).isEqualTo(Errno.EOPNOTSUPP);
    }

    @Test
    void stallingMastersAreThoseThatCanAndFirmwareSaysSo() {
        SmmuBench.Plan plan = new SmmuBench.Plan();
        plan.features = DeviceFeatures.of(0, Trait.CAN_STALL);
        SmmuBench bench = plan.boot();
        boolean unitStalls = bench.driver.unit().features().has(SmmuFeature.STALLS);
        assertThat(bench.driver.canWaitForPages(bench.device("nic"))).isEqualTo(unitStalls);
        assertThat(new SmmuBench.Plan().boot().driver.canWaitForPages(bench.device("nic")))
                .isFalse();
    }

    @Test
    void warningsOfTheKernelAreNone() {
        SmmuBench bench = bench(KernelRelease.V6_12);
        IommuDomain domain = bench.attached("nic");
        bench.group("nic").detach(domain);
        bench.group("nic").dmaOwnership().release();
        domain.free();
        assertThat(bench.log.drain()).noneMatch(line -> line.level() == KernelLog.Level.WARNING);
    }
}
