package io.github.iommu4j.smmuv3.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.smmuv3.driver.DeviceFeatures.Trait;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import io.github.iommu4j.testkit.explore.Exploration;
import io.github.iommu4j.testkit.explore.Interleavings;
import io.github.iommu4j.testkit.explore.Scenario;
import io.github.iommu4j.testkit.explore.Stage;
import io.github.iommu4j.testkit.machine.DmaJob;
import io.github.iommu4j.testkit.machine.DmaSegment;
import io.github.iommu4j.testkit.machine.DmaTransfer;
import io.github.iommu4j.testkit.machine.EndpointMap;
import io.github.iommu4j.testkit.machine.FakeDevice;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** An unmap against what lets a device reach the domain: once both returned, neither unit nor device knows the page. */
class SmmuAtsExplorationTest {

    private static final boolean EXHAUSTIVE = Boolean.getBoolean("iommu.exhaustive");
    private static final String NIC = "0000:00:02.0";
    private static final long IOVA = 0x1234_5000L;
    private static final long PA = 0x8000_1000L;
    /** Where a guest has its context, and in the next page its table. */
    private static final long GUEST = 0x2000_0000L;

    private static final long GUEST_TABLES = 0x7000_0000L;
    /** The first gigabyte onto itself: a block, AP=01, SH=3, AF, nG. */
    private static final long BLOCK = 0x1 | 1 << 6 | 3 << 8 | 1 << 10 | 1 << 11;

    /** A function that asks for translations whenever it likes, and one that only its unit knows. */
    private static final class Scene {
        final Stage stage;
        final SmmuBench bench;
        final FakeDevice nic;
        boolean unmapped;

        Scene(Stage stage, UnaryOperator<FakeDevice.Builder> device) {
            this.stage = stage;
            EndpointMap endpoints = new EndpointMap();
            SmmuBench.Plan plan = new SmmuBench.Plan().functions(NIC);
            plan.locking = stage.validatedLocking();
            plan.features = DeviceFeatures.of(0, Trait.ATS);
            plan.hardware = builder -> builder.endpoints(endpoints);
            bench = plan.boot();
            int sid = bench.streamId(NIC);
            nic = device.apply(
                            FakeDevice.builder(bench.unit, bench.memory, sid).translationCache(4, bench.unit::complete))
                    .build();
            endpoints.add(sid, nic);
            bench.group(NIC).dmaOwnership().claim(this);
            bench.memory.store64(PA, PA);
        }

        boolean reads() {
            return nic.run(DmaJob.of(DmaSegment.read(IOVA, 8))).state() == DmaTransfer.State.DONE;
        }

        /** The device reads with ATS and without. */
        void device() {
            stage.task("does DMA", () -> {
                for (int n = 0; n < 2; n++) {
                    stage.yieldPoint("reads");
                    boolean late = unmapped;
                    assertThat(reads() && late).as("a read after the unmap").isFalse();
                    long plain = bench.dma(NIC, IOVA, Access.READ);
                    assertThat(plain).isIn(PA, -1L);
                    assertThat(late && plain == PA).as("DMA after the unmap").isFalse();
                }
            });
        }

        void unmaps(IommuDomain domain) {
            stage.task("unmaps", () -> {
                domain.unmap(IOVA, 0x1000);
                unmapped = true;
            });
        }

        void nothingIsLeft() {
            stage.atEnd("nobody knows the page", () -> {
                if (unmapped) {
                    assertThat(bench.dma(NIC, IOVA, Access.READ)).as("TLB").isEqualTo(-1);
                    assertThat(reads()).as("the device's cache").isFalse();
                }
                assertThat(nic.staleHits()).isEmpty();
            });
        }
    }

    private static Exploration explore(String name, Scenario scenario) {
        Exploration exploration =
                Interleavings.of(scenario).preemptionBound(EXHAUSTIVE ? 2 : 1).exhaustive();
        System.out.println("FIGURE explored SMMUv3 " + name + ": " + exploration);
        return exploration;
    }

    private static void exploreAll(String name, Scenario scenario) {
        Exploration exploration = explore(name, scenario);
        exploration.requireNothingFound();
        assertThat(exploration.completeness()).isEqualTo(Exploration.Completeness.COMPLETE);
    }

    private static void enablesAts(Stage stage, UnaryOperator<FakeDevice.Builder> device) {
        Scene scene = new Scene(stage, device);
        IommuDomain domain = scene.bench.core.newPagingDomain(scene.bench.device(NIC));
        domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        stage.task("attaches", () -> scene.bench.group(NIC).attach(domain));
        scene.unmaps(domain);
        scene.device();
        scene.nothingIsLeft();
    }

    @Test
    void anUnmapMeetsADeviceThatIsJustLetCacheTranslations() {
        exploreAll("unmap against enabling ATS", stage -> enablesAts(stage, builder -> builder));
    }

    @Test
    void aDeviceThatForgetsToDropIsFound() {
        explore(
                        "unmap against enabling ATS, with a device that forgets",
                        stage -> enablesAts(stage, FakeDevice.Builder::forgettingInvalidations))
                .requireFinding();
    }

    private static IommuDomain parentOf(SmmuBench bench, DomainOps parent) {
        IommuDomain stage2 = bench.core.adopt(bench.device(NIC), DomainType.UNMANAGED, parent);
        stage2.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
        stage2.map(GUEST, GUEST_TABLES, 0x2000, Prot.READ_WRITE);
        bench.memory.store64(
                GUEST_TABLES,
                ContextDescriptor.V.mask()
                        | ContextDescriptor.AA64.mask()
                        | ContextDescriptor.T0SZ.of(25)
                        | ContextDescriptor.EPD1.mask()
                        | ContextDescriptor.IPS.of(5)
                        | ContextDescriptor.ASID.of(1)
                        | ContextDescriptor.A.mask()
                        | ContextDescriptor.R.mask());
        bench.memory.store64(GUEST_TABLES + 8, ContextDescriptor.TTB.inPlace(GUEST + 0x1000));
        bench.memory.store64(GUEST_TABLES + 24, 0xFF);
        bench.memory.store64(GUEST_TABLES + 0x1000, BLOCK);
        return stage2;
    }

    @Test
    void anUnmapOfAParentMeetsAStageOneThatIsJustNestedOverIt() {
        exploreAll("unmap of a parent against nesting", stage -> {
            Scene scene = new Scene(stage, builder -> builder);
            SmmuBench bench = scene.bench;
            DomainOps parent = bench.driver.nestParent();
            IommuDomain stage2 = parentOf(bench, parent);
            // What goes by the parent's own addresses is cached before.
            parent.attach(bench.device(NIC));
            assertThat(bench.dma(NIC, IOVA, Access.READ)).isEqualTo(PA);
            assertThat(scene.reads()).isTrue();
            bench.takeAll();
            long word0 = StreamTableEntry.V.mask()
                    | StreamTableEntry.CONFIG.of(StreamTableEntry.CONFIG_STAGE1)
                    | StreamTableEntry.S1CONTEXTPTR.inPlace(GUEST);
            DomainOps nested = bench.driver.nest(parent, word0, StreamTableEntry.EATS.of(1));
            stage.task("nests", () -> nested.attach(bench.device(NIC)));
            scene.unmaps(stage2);
            scene.device();
            scene.nothingIsLeft();
            stage.atEnd("what could be combined is not left", () -> assertCombinedGoes(bench.takeNames()));
        });
    }

    /** Once the entry leads through a stage 1, what it was combined with goes after the intermediate addresses. */
    private static void assertCombinedGoes(List<String> names) {
        int intermediate = names.indexOf("TLBI_S2_IPA");
        int entry = names.indexOf("CFGI_STE");
        if (entry >= 0 && entry < intermediate) {
            assertThat(names.subList(intermediate, names.size()))
                    .as("%s", names)
                    .containsSubsequence("TLBI_S2_IPA", "SYNC", "TLBI_NH_ALL", "SYNC");
        }
    }
}
