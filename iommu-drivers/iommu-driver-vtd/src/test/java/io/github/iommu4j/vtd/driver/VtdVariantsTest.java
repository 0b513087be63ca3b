package io.github.iommu4j.vtd.driver;

import static io.github.iommu4j.vtd.layout.InvalidationDescriptor.deviceTlb;
import static io.github.iommu4j.vtd.layout.InvalidationDescriptor.iotlbDomain;
import static io.github.iommu4j.vtd.layout.InvalidationDescriptor.iotlbPages;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.UserCapabilities;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.pagetable.PageTableErratum;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.vtd.hardware.Vtd;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import io.github.iommu4j.vtd.hardware.VtdFeature;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Units and devices that lack something, and calls that go wrong. */
class VtdVariantsTest {

    private static final String NIC = "0000:00:02.0";
    private static final long IOVA = 0x1000_0000L;
    private static final long PA = 0x8000_0000L;

    private static VtdBench.Plan plan(VtdCapabilities capabilities) {
        VtdBench.Plan plan = new VtdBench.Plan();
        plan.capabilities = capabilities;
        return plan;
    }

    private static VtdDomain domainOf(VtdBench bench) {
        DomainOps ops = bench.driver().allocateDomain(DomainType.UNMANAGED, bench.device(NIC));
        return (VtdDomain) Objects.requireNonNull(ops);
    }

    @Test
    void whatAUnitCannotDrainOrSelectIsNotAskedFor() {
        VtdBench undrained = plan(VtdCapabilities.legacy().toBuilder()
                        .without(VtdFeature.DRD, VtdFeature.DWD)
                        .build())
                .boot();
        IommuDomain domain = undrained.attached(NIC);
        domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        undrained.takeDescriptors();
        domain.unmap(IOVA, 0x1000);
        assertThat(undrained.takeDescriptors())
                .containsExactly(iotlbPages(2, IOVA, 0).leavesOnly());
        VtdBench whole = plan(VtdCapabilities.legacy().toBuilder()
                        .without(VtdFeature.PSI)
                        .maximumAddressMask(0)
                        .build())
                .boot();
        IommuDomain other = whole.attached(NIC);
        other.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        whole.takeDescriptors();
        other.unmap(IOVA, 0x1000);
        assertThat(whole.takeDescriptors()).containsExactly(iotlbDomain(2).draining());
    }

    @Test
    void aThrottlingUnitIsToldHowMuchADeviceTakes() {
        VtdBench.Plan plan = plan(VtdCapabilities.everything().toBuilder()
                .without(VtdFeature.FSTS, VtdFeature.NEST)
                .with(VtdFeature.DIT)
                .build());
        plan.features = new PciFeatures(8, 0);
        VtdBench bench = plan.boot();
        IommuDomain domain = bench.attached(NIC);
        domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        bench.takeDescriptors();
        domain.unmap(IOVA, 0x1000);
        assertThat(bench.takeDescriptors())
                .containsExactly(
                        iotlbPages(2, IOVA, 0).draining().leavesOnly(),
                        deviceTlb(0x10, IOVA, 0).throttled(0x10, 8));
    }

    @Test
    void aPasidWithoutMemoryForItsTableLeavesNothing() {
        VtdBench.Plan plan = plan(VtdCapabilities.everything());
        plan.features = new PciFeatures(4, 10);
        VtdBench bench = plan.boot();
        IommuDomain domain = bench.core.newPagingDomain(bench.device(NIC));
        int ids = bench.driver().domainIdsInUse();
        bench.untilFailure = 1;
        assertThat(VtdBench.errno(() -> bench.group(NIC).attachPasid(domain, 500)))
                .isEqualTo(Errno.ENOMEM);
        assertThat(bench.driver().domainIdsInUse()).isEqualTo(ids);
        bench.group(NIC).attachPasid(domain, 500);
        bench.group(NIC).dmaOwnership();
        assertThat(bench.driver().domainIdsInUse()).isEqualTo(ids + 1);
        bench.host.remove(NIC);
        assertThat(bench.driver().domainIdsInUse()).isEqualTo(1);
    }

    @Test
    void aDeviceThatIsGoneCannotBeAttached() {
        VtdBench bench = new VtdBench.Plan().boot();
        DeviceNode gone = bench.device(NIC);
        VtdDomain domain = domainOf(bench);
        DomainOps blocked = Objects.requireNonNull(bench.driver().allocateDomain(DomainType.BLOCKED, gone));
        bench.host.remove(NIC);
        assertThat(VtdBench.errno(() -> domain.attach(gone))).isEqualTo(Errno.ENODEV);
        assertThat(VtdBench.errno(() -> blocked.attach(gone))).isEqualTo(Errno.ENODEV);
        assertThat(bench.driver().maxPasids(gone)).isZero();
    }

    @Test
    void anIdIsNobodysWithoutADevice() {
        VtdBench bench = new VtdBench.Plan().boot();
        VtdDomain domain = domainOf(bench);
        DomainIds ids = bench.driver().unit().domainIds();
        assertThatThrownBy(() -> ids.of(domain)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> ids.put(domain)).isInstanceOf(AssertionError.class);
    }

    @Test
    void aFaultOfADeviceThatPassesIsOnlyPrinted() {
        VtdBench bench = new VtdBench.Plan().boot();
        bench.group(NIC).writeType("identity", UserCapabilities.ALL);
        bench.log.drain();
        assertThat(bench.dma(NIC, 1L << 50, Access.READ)).isEqualTo(-1);
        assertThat(bench.iommu.step()).isTrue();
        assertThat(bench.log.drain().stream().map(KernelLog.Line::text))
                .anySatisfy(line -> assertThat(line).contains("fault reason 0x04"));
        assertThat(bench.faults).isEmpty();
    }

    @Test
    void withoutSuperpagesOnlySmallPagesAreUsed() {
        VtdBench.Plan plan = new VtdBench.Plan();
        plan.host = host -> host.option(VtdOption.SUPERPAGES_OFF);
        plan.kernel = kernel -> kernel.erratum(PageTableErratum.UNMAP_OF_NOTHING_ROUNDS);
        VtdBench bench = plan.boot();
        IommuDomain domain = bench.attached(NIC);
        assertThat(domain.pageSizes().bitmap()).isEqualTo(0x1000);
        domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        assertThat(domain.unmap(IOVA + 0x1000, 0x1000)).isEqualTo(0x1000);
    }

    @Test
    void aDomainFitsOnlyUnitsThatSeeAndReadItsTables() {
        VtdBench coherent = plan(VtdCapabilities.legacy().toBuilder()
                        .with(VtdFeature.C)
                        .build())
                .boot();
        VtdDomain domain = domainOf(coherent);
        VtdBench plain = new VtdBench.Plan().boot();
        assertThat(VtdBench.errno(() -> domain.requireFit(plain.driver().unit())))
                .isEqualTo(Errno.EINVAL);
        VtdBench small = plan(VtdCapabilities.legacy().toBuilder()
                        .with(VtdFeature.C)
                        .secondStageLargePages(1)
                        .build())
                .boot();
        assertThat(VtdBench.errno(() -> domain.requireFit(small.driver().unit())))
                .isEqualTo(Errno.EINVAL);
        VtdBench first = plan(VtdCapabilities.everything().toBuilder()
                        .without(VtdFeature.SSTS, VtdFeature.NEST)
                        .build())
                .boot();
        assertThat(VtdBench.errno(() -> domain.requireFit(first.driver().unit())))
                .isEqualTo(Errno.EINVAL);
        VtdDomain ofFirst = domainOf(first);
        assertThat(VtdBench.errno(() -> ofFirst.requireFit(plain.driver().unit())))
                .isEqualTo(Errno.EINVAL);
        ofFirst.requireFit(first.driver().unit());
    }

    @Test
    void aLargePageTakesThePlaceOfAnEmptyTable() {
        VtdBench bench = new VtdBench.Plan().boot();
        IommuDomain domain = bench.attached(NIC);
        domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        domain.unmap(IOVA, 0x1000);
        bench.takeDescriptors();
        domain.map(IOVA, PA, 0x20_0000, Prot.READ_WRITE);
        assertThat(bench.takeDescriptors())
                .containsExactly(iotlbPages(2, IOVA, 9).draining());
        assertThat(bench.dma(NIC, IOVA + 0x1234, Access.WRITE)).isEqualTo(PA + 0x1234);
    }

    @Test
    void twoUnitsHaveTheirOwnDevicesAndADomainOfBothIsInvalidatedOnBoth() {
        VtdBench.Plan plan = new VtdBench.Plan();
        Vtd other = Vtd.builder(plan.memory, plan.capabilities).build();
        plan.firmware = table -> DmarTable.of(
                48,
                new DmarUnit(
                        "dmar0",
                        0,
                        table.units().get(0).registers(),
                        DmarUnit.Coverage.NAMED,
                        List.of(DeviceScope.endpoint(RequesterId.parse(NIC)))),
                DmarUnit.ofEverything("dmar1", other.registers()));
        VtdBench bench = plan.boot();
        assertThat(bench.iommu.drivers()).extracting(VtdDriver::name).containsExactly("dmar0", "dmar1");
        assertThat(bench.iommu.drivers()).extracting(VtdDriver::domainIdsInUse).containsExactly(1, 1);
        IommuDomain domain = bench.attached(NIC);
        bench.group("0000:00:03.0").dmaOwnership().claim(this);
        bench.group("0000:00:03.0").attach(domain);
        assertThat(bench.iommu.drivers()).extracting(VtdDriver::domainIdsInUse).containsExactly(1, 1);
        domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        domain.unmap(IOVA, 0x1000);
        bench.group("0000:00:03.0").detach(domain);
        bench.group(NIC).detach(domain);
        domain.free();
        bench.group("0000:00:03.0").dmaOwnership().release();
        bench.group(NIC).dmaOwnership().release();
        bench.iommu.shutDown(bench.core);
        assertThat(bench.iommu.drivers()).isEmpty();
    }
}
