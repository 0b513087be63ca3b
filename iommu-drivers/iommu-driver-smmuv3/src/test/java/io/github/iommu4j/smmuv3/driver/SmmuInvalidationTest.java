package io.github.iommu4j.smmuv3.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.InvalidateRequest;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.smmuv3.driver.DeviceFeatures.Trait;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/** What is invalidated after which change, in which order, and no more of it. */
class SmmuInvalidationTest {

    private static final String FUNCTION = "0000:00:02.0";
    private static final long IOVA = 0x1000_0000L;
    private static final long PA = 0x8000_0000L;

    private static SmmuBench withRanges() {
        return new SmmuBench.Plan().boot();
    }

    private static SmmuBench withoutRanges() {
        SmmuBench.Plan plan = new SmmuBench.Plan();
        plan.capabilities = SmmuBench.CAPABLE.toBuilder().disable(IdField.RIL).build();
        return plan.boot();
    }

    @Test
    void mappingInvalidatesNothing() {
        SmmuBench bench = withRanges();
        IommuDomain domain = bench.attached("nic");
        bench.takeAll();
        domain.map(IOVA, PA, 0x4000, Prot.READ_WRITE);
        assertThat(bench.takeAll()).isEmpty();
    }

    @Test
    void anUnmapIsOneRangeAndOneSync() {
        SmmuBench bench = withRanges();
        IommuDomain domain = bench.attached("nic");
        domain.map(IOVA, PA, 0x8000, Prot.READ_WRITE);
        bench.takeAll();
        domain.unmap(IOVA, 0x8000);
        List<Command> issued = bench.takeAll();
        assertThat(issued).hasSize(2);
        Command range = issued.get(0);
        assertThat(range.address()).isEqualTo(IOVA);
        assertThat((range.num() + 1) << range.scale()).isEqualTo(8);
        assertThat(range.ttl()).isEqualTo(3);
        assertThat(Command.LEAF.isSet(range.dw1())).isTrue();
    }

    @Test
    void withoutRangesEachPageHasItsCommandAndAllShareASync() {
        SmmuBench bench = withoutRanges();
        IommuDomain domain = bench.attached("nic");
        domain.map(IOVA, PA, 0x4000, Prot.READ_WRITE);
        bench.takeAll();
        domain.unmap(IOVA, 0x4000);
        assertThat(bench.takeNames()).containsExactly("TLBI_NH_VA", "TLBI_NH_VA", "TLBI_NH_VA", "TLBI_NH_VA", "SYNC");
    }

    @Test
    void aGatherIsInvalidatedBeforeItTakesPagesThatDoNotTouchOrAreOfAnotherSize() {
        SmmuBench bench = withRanges();
        IommuDomain domain = bench.attached("nic");
        domain.map(IOVA, PA, 0x3000, Prot.READ_WRITE);
        domain.map(IOVA + 0x20_0000, PA + 0x20_0000, 0x20_0000, Prot.READ_WRITE);
        bench.takeAll();
        IotlbGather gather = new IotlbGather();
        domain.unmapFast(IOVA, 0x1000, gather);
        assertThat(bench.takeAll()).isEmpty();
        domain.unmapFast(IOVA + 0x2000, 0x1000, gather);
        assertThat(bench.takeNames()).containsExactly("TLBI_NH_VA", "SYNC");
        domain.unmapFast(IOVA + 0x1000, 0x1000, gather);
        assertThat(bench.takeAll()).as("it touches").isEmpty();
        domain.unmapFast(IOVA + 0x20_0000, 0x20_0000, gather);
        assertThat(bench.takeNames()).containsExactly("TLBI_NH_VA", "SYNC");
        domain.iotlbSync(gather);
        List<Command> block = bench.takeCommands();
        assertThat(block).hasSize(1);
        assertThat(block.get(0).ttl()).as("a block of level 2").isEqualTo(2);
        domain.iotlbSync(new IotlbGather());
        assertThat(bench.takeAll()).as("nothing was gathered").isEmpty();
    }

    @Test
    void aLazyUnmapWaitsForTheFlushOfTheWholeAsid() {
        SmmuBench bench = withRanges();
        IommuDomain domain = bench.attached("nic");
        domain.map(IOVA, PA, 0x4000, Prot.READ_WRITE);
        assertThat(bench.dma("nic", IOVA, Access.READ)).isEqualTo(PA);
        bench.takeAll();
        IotlbGather queued = IotlbGather.queued();
        domain.unmapFast(IOVA, 0x4000, queued);
        domain.iotlbSync(queued);
        assertThat(bench.takeAll()).isEmpty();
        assertThat(bench.dma("nic", IOVA, Access.READ))
                .as("the window of laziness")
                .isEqualTo(PA);
        domain.flushIotlbAll();
        assertThat(bench.takeNames()).containsExactly("TLBI_NH_ASID", "SYNC");
        assertThat(bench.dma("nic", IOVA, Access.READ)).isEqualTo(-1);
    }

    @Test
    void tablesThatGoAreInvalidatedWithTheWayToThem() {
        SmmuBench bench = withRanges();
        IommuDomain domain = bench.attached("nic");
        domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        domain.unmap(IOVA, 0x1000);
        bench.takeAll();
        domain.map(IOVA, PA, 0x20_0000, Prot.READ_WRITE);
        List<Command> issued = bench.takeCommands();
        assertThat(issued).as("the empty table gave way to a block").hasSize(1);
        assertThat(Command.LEAF.isSet(issued.get(0).dw1())).isFalse();
        assertThat(issued.get(0).ttl()).isZero();
    }

    @Test
    void aDomainThatIsFreedLeavesNothingInTheTlb() {
        SmmuBench bench = withRanges();
        IommuDomain domain = bench.core.newPagingDomain(bench.device("nic"));
        bench.takeAll();
        domain.free();
        assertThat(bench.takeNames()).containsExactly("TLBI_NH_ASID", "SYNC");
    }

    @Test
    void stageTwoGoesByVmidAndAtEl2ByItsOwnCommands() {
        SmmuBench.Plan second = new SmmuBench.Plan();
        second.capabilities = SmmuBench.STAGE_2;
        SmmuBench bench = second.boot();
        IommuDomain domain = bench.attached("nic");
        domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        bench.takeAll();
        domain.unmap(IOVA, 0x1000);
        domain.flushIotlbAll();
        assertThat(bench.takeNames()).containsExactly("TLBI_S2_IPA", "SYNC", "TLBI_S12_VMALL", "SYNC");
        SmmuBench.Plan el2 = new SmmuBench.Plan();
        el2.host = builder -> builder.option(SmmuOption.HOST_AT_EL2);
        bench = el2.boot();
        domain = bench.attached("nic");
        domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        bench.takeAll();
        domain.unmap(IOVA, 0x1000);
        domain.flushIotlbAll();
        assertThat(bench.takeNames()).containsExactly("TLBI_EL2_VA", "SYNC", "TLBI_EL2_ASID", "SYNC");
    }

    @Test
    void underANestedStageOneEverythingOfTheVmidGoes() {
        SmmuBench bench = withRanges();
        DomainOps parent = bench.driver.nestParent();
        IommuDomain stage2 = bench.core.adopt(bench.device("nic"), DomainType.UNMANAGED, parent);
        stage2.map(IOVA, PA, 0x2000, Prot.READ_WRITE);
        long word0 = StreamTableEntry.V.mask()
                | StreamTableEntry.CONFIG.of(StreamTableEntry.CONFIG_STAGE1)
                | StreamTableEntry.S1CONTEXTPTR.inPlace(IOVA);
        bench.driver.nest(parent, word0, 0).attach(bench.device("nic"));
        bench.takeAll();
        stage2.unmap(IOVA, 0x1000);
        assertThat(bench.takeNames()).containsExactly("TLBI_S2_IPA", "SYNC", "TLBI_NH_ALL", "SYNC");
        Objects.requireNonNull(bench.driver.allocateDomain(DomainType.BLOCKED, bench.device("nic")))
                .attach(bench.device("nic"));
        bench.takeAll();
        stage2.unmap(IOVA + 0x1000, 0x1000);
        assertThat(bench.takeNames())
                .as("what was combined while a stage 1 was over it stays cached when that goes")
                .containsExactly("TLBI_S2_IPA", "SYNC", "TLBI_NH_ALL", "SYNC");
    }

    /** A function with ATS, who is told in this order. */
    private static final class AtsRig implements AtsControl, Endpoints {
        final List<String> told = new ArrayList<>();
        final SmmuBench bench;

        AtsRig(UnaryPlan change) {
            SmmuBench.Plan plan = new SmmuBench.Plan().functions(FUNCTION, "0000:00:03.0");
            plan.features = DeviceFeatures.of(5, Trait.ATS);
            plan.host = builder -> builder.ats(this);
            plan.hardware = builder -> builder.endpoints(this);
            change.apply(plan);
            bench = plan.boot();
            told.clear();
        }

        interface UnaryPlan {
            void apply(SmmuBench.Plan plan);
        }

        @Override
        public void enable(Device device, int smallestUnitLg2) {
            told.add("enable " + smallestUnitLg2);
        }

        @Override
        public void disable(Device device) {
            told.add("disable");
        }

        @Override
        public Reply invalidate(InvalidateRequest request) {
            told.add(String.format("drop %d 0x%x 2^%d", request.substreamId(), request.address(), request.sizeLg2()));
            return Reply.COMPLETED;
        }
    }

    @Test
    void endpointsAreToldOnceTheTlbIsClean() {
        AtsRig rig = new AtsRig(plan -> {});
        IommuDomain domain = rig.bench.attached(FUNCTION);
        domain.map(IOVA, PA, 0x4000, Prot.READ_WRITE);
        rig.bench.takeAll();
        rig.told.clear();
        domain.unmap(IOVA + 0x1000, 0x2000);
        assertThat(rig.bench.takeNames()).containsExactly("TLBI_NH_VA", "SYNC", "ATC_INV", "SYNC");
        assertThat(rig.told).containsExactly("drop -1 0x10000000 2^14");
        domain.flushIotlbAll();
        assertThat(rig.bench.takeNames()).containsExactly("TLBI_NH_ASID", "SYNC", "ATC_INV", "SYNC");
    }

    @Test
    void anEndpointMayAskOnceItsEntrySaysSoAndStopsBeforeItSaysNo() {
        AtsRig rig = new AtsRig(plan -> {});
        Device device = rig.bench.device(FUNCTION);
        DomainOps blocked = Objects.requireNonNull(rig.bench.driver.allocateDomain(DomainType.BLOCKED, device));
        blocked.attach(device);
        assertThat(rig.told).containsExactly("disable", "drop -1 0x0 2^64");
        assertThat(StreamTableEntry.EATS.get(rig.bench.entry(FUNCTION).dw1())).isZero();
        rig.told.clear();
        DomainOps paging = Objects.requireNonNull(rig.bench.driver.allocateDomain(DomainType.UNMANAGED, device));
        paging.attach(device);
        assertThat(rig.told).containsExactly("drop -1 0x0 2^64", "enable 12");
        assertThat(StreamTableEntry.EATS.get(rig.bench.entry(FUNCTION).dw1())).isEqualTo(1);
        rig.told.clear();
        DomainOps other = Objects.requireNonNull(rig.bench.driver.allocateDomain(DomainType.UNMANAGED, device));
        other.attach(device);
        assertThat(rig.told).as("what it has of the domain before").containsExactly("drop -1 0x0 2^64");
    }

    @Test
    void aPasidsTranslationsGoAlone() {
        AtsRig rig = new AtsRig(plan -> {});
        Device device = rig.bench.device(FUNCTION);
        IommuDomain domain = rig.bench.core.newPagingDomain(device);
        domain.map(IOVA, PA, 0x2000, Prot.READ_WRITE);
        rig.bench.group(FUNCTION).attachPasid(domain, 7);
        rig.told.clear();
        domain.unmap(IOVA, 0x1000);
        assertThat(rig.told).containsExactly("drop 7 0x10000000 2^12");
        rig.told.clear();
        rig.bench.group(FUNCTION).detachPasid(domain, 7);
        assertThat(rig.told).containsExactly("drop 7 0x0 2^64");
    }

    @Test
    void withoutAtsNoEndpointIsAsked() {
        AtsRig off = new AtsRig(plan -> plan.host = builder -> builder.option(SmmuOption.ATS_OFF));
        AtsRig unable = new AtsRig(plan -> plan.capabilities = SmmuBench.CAPABLE.toBuilder()
                .disable(IdField.ATS, IdField.PRI, IdField.ATSRECERR, IdField.PPS)
                .set(IdField.PRIQS, 0)
                .build());
        for (AtsRig rig : List.of(off, unable)) {
            IommuDomain domain = rig.bench.attached(FUNCTION);
            domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
            domain.unmap(IOVA, 0x1000);
            assertThat(rig.told).isEmpty();
            assertThat(rig.bench.takeNames()).doesNotContain("ATC_INV");
        }
    }

    /** The definition: as few pages as an aligned power of two that holds all can have. */
    private static int naiveOrder(long first, long last) {
        int order = 0;
        while (order < 52 && first >>> order != last >>> order) {
            order++;
        }
        return order;
    }

    @Property(tries = 300)
    void anEndpointDropsTheSmallestAlignedPowerOfTwo(
            @ForAll @LongRange(min = 0, max = 1L << 51) long page,
            @ForAll @LongRange(min = 1, max = 1L << 50) long count) {
        SmmuBench bench = Holder.BENCH;
        Master master = Objects.requireNonNull(bench.driver.unit().streams().find(bench.device("nic")));
        List<Command> made = new ArrayList<>();
        EndpointCommands.invalidate(master, 3, page << 12, count << 12, made::add);
        assertThat(made).hasSize(1);
        Command command = made.get(0);
        int order = naiveOrder(page, page + count - 1);
        assertThat(command.size()).isEqualTo(order);
        assertThat(command.address()).isEqualTo(order >= 52 ? 0 : page >>> order << order + 12);
        assertThat(command.ssv()).isTrue();
        assertThat(command.substreamId()).isEqualTo(3);
    }

    /** One bench for all tries. */
    private static final class Holder {
        static final SmmuBench BENCH = new SmmuBench.Plan().boot();
    }
}
