package io.github.iommu4j.vtd.driver;

import static io.github.iommu4j.vtd.layout.InvalidationDescriptor.contextDevice;
import static io.github.iommu4j.vtd.layout.InvalidationDescriptor.deviceTlb;
import static io.github.iommu4j.vtd.layout.InvalidationDescriptor.iotlbDomain;
import static io.github.iommu4j.vtd.layout.InvalidationDescriptor.iotlbGlobal;
import static io.github.iommu4j.vtd.layout.InvalidationDescriptor.iotlbPages;
import static io.github.iommu4j.vtd.layout.InvalidationDescriptor.pasidCache;
import static io.github.iommu4j.vtd.layout.InvalidationDescriptor.pasidCacheGlobal;
import static io.github.iommu4j.vtd.layout.InvalidationDescriptor.pasidDeviceTlb;
import static io.github.iommu4j.vtd.layout.InvalidationDescriptor.pasidIotlb;
import static io.github.iommu4j.vtd.layout.InvalidationDescriptor.pasidIotlbPages;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import io.github.iommu4j.vtd.hardware.VtdFeature;
import io.github.iommu4j.vtd.layout.InvalidationDescriptor;
import io.github.iommu4j.vtd.layout.RegisterFields.Global;
import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** What is invalidated after each change, and no more (Intel VT-d §6.5.3.3). */
class VtdInvalidationTest {

    private static final String NIC = "0000:00:02.0";
    private static final int SID = 0x10;
    private static final long IOVA = 0x1000_0000L;
    private static final long PA = 0x8000_0000L;

    private static InvalidationDescriptor drained(InvalidationDescriptor descriptor) {
        return descriptor.draining();
    }

    private static VtdBench.Plan legacy(VtdFeature... more) {
        VtdBench.Plan plan = new VtdBench.Plan();
        plan.capabilities = VtdCapabilities.legacy().toBuilder().with(more).build();
        return plan;
    }

    private static VtdBench.Plan scalable(VtdFeature without, VtdFeature... with) {
        VtdBench.Plan plan = new VtdBench.Plan();
        plan.capabilities = VtdCapabilities.everything().toBuilder()
                .without(VtdFeature.NEST, without)
                .with(with)
                .build();
        plan.features = new PciFeatures(8, 6);
        return plan;
    }

    @Test
    void aContextEntryThatAppearsNeedsNothingAndOneThatGoesContextAndDomain() {
        VtdBench bench = legacy().boot();
        IommuDomain domain = bench.core.newPagingDomain(bench.device(NIC));
        bench.group(NIC).dmaOwnership().claim(this);
        // The default domain had the first id that is free.
        assertThat(bench.takeDescriptors()).containsExactly(contextDevice(2, SID, 0), drained(iotlbDomain(2)));
        bench.group(NIC).attach(domain);
        assertThat(bench.takeDescriptors()).isEmpty();
        bench.group(NIC).detach(domain);
        assertThat(bench.takeDescriptors()).containsExactly(contextDevice(2, SID, 0), drained(iotlbDomain(2)));
    }

    @Test
    void aUnitThatCachesAbsenceIsToldOfNewContextsUnderDomain0() {
        VtdBench bench = legacy(VtdFeature.CM).boot();
        bench.group(NIC).dmaOwnership().claim(this);
        bench.takeDescriptors();
        bench.group(NIC).attach(bench.core.newPagingDomain(bench.device(NIC)));
        assertThat(bench.takeDescriptors()).containsExactly(contextDevice(0, SID, 0), drained(iotlbDomain(2)));
    }

    @Test
    void anUnmapTakesLeavesOutAndTheWayToThemOnlyWhenTablesGo() {
        VtdBench bench = legacy().boot();
        IommuDomain domain = bench.attached(NIC);
        bench.takeDescriptors();
        domain.map(IOVA, PA, 0x4000, Prot.READ_WRITE);
        assertThat(bench.takeDescriptors()).isEmpty();
        domain.unmap(IOVA + 0x1000, 0x1000);
        assertThat(bench.takeDescriptors())
                .containsExactly(drained(iotlbPages(2, IOVA + 0x1000, 0)).leavesOnly());
        domain.map(IOVA + 0x20_0000, PA + 0x1000, 0x20_0000, Prot.READ_WRITE);
        domain.unmap(IOVA + 0x20_0000, 0x20_0000);
        assertThat(bench.takeDescriptors()).containsExactly(drained(iotlbPages(2, IOVA + 0x20_0000, 9)));
        domain.flushIotlbAll();
        assertThat(bench.takeDescriptors()).containsExactly(drained(iotlbDomain(2)));
    }

    @Test
    void aUnitThatCachesAbsenceIsToldOfNewPages() {
        VtdBench bench = legacy(VtdFeature.CM).boot();
        IommuDomain domain = bench.attached(NIC);
        bench.takeDescriptors();
        domain.map(IOVA, PA, 0x4000, Prot.READ_WRITE);
        assertThat(bench.takeDescriptors()).containsExactly(drained(iotlbPages(2, IOVA, 2)));
    }

    @Test
    void aUnitWithWriteBuffersHasThemFlushed() {
        int[] flushes = new int[1];
        VtdBench.Plan plan = legacy(VtdFeature.RWBF);
        plan.registers = region -> new RegisterTap(region, (offset, value) -> {
            if (offset == VtdRegister.GCMD.offset() && Global.WBF.isSet(value)) {
                flushes[0]++;
            }
        });
        VtdBench bench = plan.boot();
        IommuDomain domain = bench.attached(NIC);
        int before = flushes[0];
        domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        assertThat(flushes[0]).isEqualTo(before + 1);
        domain.unmap(IOVA, 0x1000);
        assertThat(flushes[0]).isEqualTo(before + 1);
    }

    @Test
    void anEntryOfAPasidThatGoesTakesWhatItsTypeNeeds() {
        VtdBench second = scalable(VtdFeature.FSTS).boot();
        second.group(NIC).dmaOwnership().claim(this);
        assertThat(second.takeDescriptors())
                .containsExactly(pasidCache(2, 0), drained(iotlbDomain(2)), deviceTlb(SID, 0, VtdBench.ALL_PAGES));
        VtdBench first = scalable(VtdFeature.SSTS).boot();
        first.group(NIC).dmaOwnership().claim(this);
        assertThat(first.takeDescriptors())
                .containsExactly(pasidCache(2, 0), pasidIotlb(2, 0), deviceTlb(SID, 0, VtdBench.ALL_PAGES));
        first.group(NIC).attach(first.core.newPagingDomain(first.device(NIC)));
        assertThat(first.takeDescriptors()).isEmpty();
    }

    @Test
    void underCachingModeNewPasidEntriesAreToldOfAndDevicesAreLeftAlone() {
        VtdBench bench = scalable(VtdFeature.SSTS, VtdFeature.CM).boot();
        bench.group(NIC).dmaOwnership().claim(this);
        assertThat(bench.takeDescriptors()).containsExactly(pasidCache(2, 0), pasidIotlb(2, 0));
        IommuDomain domain = bench.core.newPagingDomain(bench.device(NIC));
        bench.group(NIC).attach(domain);
        assertThat(bench.takeDescriptors()).containsExactly(pasidCache(2, 0), pasidIotlb(2, 0));
        domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        assertThat(bench.takeDescriptors()).isEmpty();
    }

    @Test
    void firstStagePagesGoByPasidAndThenFromTheDevice() {
        VtdBench bench = scalable(VtdFeature.SSTS).boot();
        IommuDomain domain = bench.attached(NIC);
        bench.group(NIC).attachPasid(domain, 5);
        domain.map(IOVA, PA, 0x3000, Prot.READ_WRITE);
        bench.takeDescriptors();
        domain.unmap(IOVA + 0x1000, 0x2000);
        assertThat(bench.takeDescriptors())
                .containsExactly(
                        pasidIotlbPages(2, 0, IOVA + 0x1000, 2).leavesOnly(),
                        pasidIotlbPages(2, 5, IOVA + 0x1000, 2).leavesOnly(),
                        deviceTlb(SID, IOVA, 2),
                        pasidDeviceTlb(SID, 5, IOVA, 2));
        domain.flushIotlbAll();
        assertThat(bench.takeDescriptors())
                .containsExactly(
                        pasidIotlb(2, 0),
                        pasidIotlb(2, 5),
                        deviceTlb(SID, 0, VtdBench.ALL_PAGES),
                        pasidDeviceTlb(SID, 5, 0, VtdBench.ALL_PAGES));
        bench.group(NIC).detachPasid(domain, 5);
        assertThat(bench.takeDescriptors())
                .containsExactly(pasidCache(2, 5), pasidIotlb(2, 5), pasidDeviceTlb(SID, 5, 0, VtdBench.ALL_PAGES));
    }

    @Test
    void aDeviceThatLeavesTakesItsContextEntryWithIt() {
        VtdBench bench = scalable(VtdFeature.FSTS).boot();
        bench.host.remove(NIC);
        assertThat(bench.takeDescriptors())
                .containsExactly(
                        pasidCache(2, 0),
                        drained(iotlbDomain(2)),
                        deviceTlb(SID, 0, VtdBench.ALL_PAGES),
                        contextDevice(0, SID, 0),
                        pasidCacheGlobal(),
                        drained(iotlbGlobal()));
    }

    /** Any sequence of maps and unmaps: one invalidation for each unmap, none for a map. */
    @Property(tries = 100)
    void everyUnmapIsOneInvalidationAndEveryMapNone(@ForAll List<@IntRange(min = 0, max = 40) Integer> pages) {
        VtdBench bench = legacy().boot();
        IommuDomain domain = bench.attached(NIC);
        bench.takeDescriptors();
        List<Integer> mapped = new ArrayList<>();
        for (int page : pages) {
            long iova = IOVA + page * 0x1000L;
            if (mapped.remove((Integer) page)) {
                assertThat(domain.unmap(iova, 0x1000)).isEqualTo(0x1000);
                assertThat(bench.takeDescriptors())
                        .containsExactly(drained(iotlbPages(2, iova, 0)).leavesOnly());
            } else {
                domain.map(iova, PA + page * 0x1000L, 0x1000, Prot.READ_WRITE);
                mapped.add(page);
                assertThat(bench.takeDescriptors()).isEmpty();
            }
        }
    }
}
