package io.github.iommu4j.vtd.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.testkit.explore.Exploration;
import io.github.iommu4j.testkit.explore.Interleavings;
import io.github.iommu4j.testkit.explore.Scenario;
import io.github.iommu4j.testkit.explore.Stage;
import io.github.iommu4j.testkit.machine.DmaJob;
import io.github.iommu4j.testkit.machine.DmaSegment;
import io.github.iommu4j.testkit.machine.DmaTransfer;
import io.github.iommu4j.testkit.machine.EndpointMap;
import io.github.iommu4j.testkit.machine.FakeDevice;
import io.github.iommu4j.testkit.memory.GuardedMemory;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import io.github.iommu4j.vtd.hardware.VtdFeature;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Driver and hardware under every interleaving of a few tasks; locks are validated all the while. */
class VtdExplorationTest {

    private static final boolean EXHAUSTIVE = Boolean.getBoolean("iommu.exhaustive");
    private static final String NIC = "0000:00:02.0";
    private static final String OTHER = "0000:00:03.0";
    private static final long IOVA = 0x1234_5000L;
    private static final long PA = 0x8000_1000L;

    private static VtdBench bench(Stage stage, VtdCapabilities capabilities) {
        VtdBench.Plan plan = new VtdBench.Plan();
        plan.locking = stage.validatedLocking();
        plan.capabilities = capabilities;
        return plan.boot();
    }

    private static List<VtdCapabilities> modes() {
        return List.of(
                VtdCapabilities.legacy(),
                VtdCapabilities.everything().toBuilder()
                        .without(VtdFeature.SSTS, VtdFeature.NEST)
                        .build());
    }

    private static void explore(String name, Scenario scenario) {
        Interleavings interleavings = Interleavings.of(scenario).preemptionBound(EXHAUSTIVE ? 2 : 1);
        if (!EXHAUSTIVE) {
            interleavings.mostSchedules(400);
        }
        Exploration exploration = interleavings.exhaustive();
        System.out.println("FIGURE explored " + name + ": " + exploration);
        exploration.requireNothingFound();
    }

    @Test
    void onceAnUnmapReturnedNoDmaGoesThrough() {
        for (VtdCapabilities mode : modes()) {
            explore("unmap against DMA", stage -> {
                VtdBench bench = bench(stage, mode);
                IommuDomain domain = bench.attached(NIC);
                domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
                boolean[] returned = new boolean[1];
                stage.task("unmaps", () -> {
                    domain.unmap(IOVA, 0x1000);
                    returned[0] = true;
                });
                for (int device = 0; device < 2; device++) {
                    stage.task("does DMA", () -> {
                        for (int n = 0; n < 3; n++) {
                            stage.yieldPoint("reads");
                            boolean late = returned[0];
                            long pa = bench.dma(NIC, IOVA, Access.READ);
                            assertThat(pa).isIn(PA, -1L);
                            assertThat(late && pa >= 0)
                                    .as("DMA after the unmap returned")
                                    .isFalse();
                        }
                    });
                }
            });
        }
    }

    /** Memory of a device that must not be reached once an unmap has returned. */
    private static PhysicalMemory forbiddenOnce(boolean[] returned, VtdBench bench) {
        return new GuardedMemory(
                bench.memory,
                (address, access) -> assertThat(returned[0])
                        .as("access through a dropped translation")
                        .isFalse());
    }

    @Test
    void onceAnUnmapReturnedNoDeviceUsesATranslationItKept() {
        explore("unmap against a device's cache", stage -> {
            EndpointMap endpoints = new EndpointMap();
            VtdBench.Plan plan = new VtdBench.Plan();
            plan.locking = stage.validatedLocking();
            plan.capabilities = VtdCapabilities.everything();
            plan.features = new PciFeatures(8, 0);
            plan.devices = endpoints;
            VtdBench bench = plan.boot();
            IommuDomain domain = bench.attached(NIC);
            domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
            boolean[] returned = new boolean[1];
            int sid = RequesterId.parse(NIC).bits();
            FakeDevice device = FakeDevice.builder(bench.unit, stage.explored(forbiddenOnce(returned, bench)), sid)
                    .translationCache(2, bench.unit::complete)
                    .build();
            endpoints.add(sid, device);
            stage.task("unmaps", () -> {
                domain.unmap(IOVA, 0x1000);
                returned[0] = true;
            });
            stage.task("does DMA", () -> {
                for (int n = 0; n < 3; n++) {
                    stage.yieldPoint("reads");
                    boolean late = returned[0];
                    DmaTransfer transfer = device.run(DmaJob.of(DmaSegment.read(IOVA, 1)));
                    assertThat(late && transfer.state() == DmaTransfer.State.DONE)
                            .as("DMA after the unmap returned")
                            .isFalse();
                }
            });
            stage.atEnd("nothing stale was used", () -> {
                assertThat(device.staleHits()).isEmpty();
                assertThat(device.outstandingInvalidations()).isEmpty();
            });
        });
    }

    @Test
    void onceADomainIsReplacedNoDmaGoesThroughTheOldOne() {
        for (VtdCapabilities mode : modes()) {
            explore("replace against DMA", stage -> {
                VtdBench bench = bench(stage, mode);
                IommuDomain old = bench.attached(NIC);
                IommuDomain next = bench.core.newPagingDomain(bench.device(NIC));
                old.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
                next.map(IOVA, PA + 0x1000, 0x1000, Prot.READ_WRITE);
                boolean[] returned = new boolean[1];
                stage.task("replaces", () -> {
                    bench.group(NIC).replace(next);
                    returned[0] = true;
                });
                for (int device = 0; device < 2; device++) {
                    stage.task("does DMA", () -> {
                        for (int n = 0; n < 3; n++) {
                            stage.yieldPoint("reads");
                            boolean late = returned[0];
                            long pa = bench.dma(NIC, IOVA, Access.READ);
                            assertThat(pa).isIn(PA, PA + 0x1000, -1L);
                            assertThat(late && pa != PA + 0x1000)
                                    .as("DMA through the old domain")
                                    .isFalse();
                        }
                    });
                }
                stage.atEnd("one id is free again", () -> {
                    old.free();
                    assertThat(bench.driver().domainIdsInUse()).isEqualTo(2);
                });
            });
        }
    }

    @Test
    void twoGroupsComeAndGoInOneDomainAtATime() {
        explore("attach against detach", stage -> {
            VtdBench bench = bench(stage, VtdCapabilities.legacy());
            IommuDomain shared = bench.attached(NIC);
            shared.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
            bench.group(OTHER).dmaOwnership().claim(bench);
            stage.task("detaches", () -> bench.group(NIC).detach(shared));
            stage.task("attaches", () -> bench.group(OTHER).attach(shared));
            stage.atEnd("one goes through it, the other nowhere", () -> {
                assertThat(bench.dma(NIC, IOVA, Access.READ)).isEqualTo(-1);
                assertThat(bench.dma(OTHER, IOVA, Access.READ)).isEqualTo(PA);
                assertThat(bench.driver().domainIdsInUse()).isEqualTo(1);
            });
        });
    }
}
