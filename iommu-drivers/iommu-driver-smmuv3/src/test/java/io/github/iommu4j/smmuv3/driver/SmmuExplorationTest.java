package io.github.iommu4j.smmuv3.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.DomainType;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.driver.DomainOps;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.testkit.explore.Exploration;
import io.github.iommu4j.testkit.explore.Interleavings;
import io.github.iommu4j.testkit.explore.Scenario;
import io.github.iommu4j.testkit.explore.Stage;
import io.github.iommu4j.testkit.memory.GuardedMemory;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Driver and hardware under every interleaving of a few tasks; locks are validated all the while. */
class SmmuExplorationTest {

    private static final boolean EXHAUSTIVE = Boolean.getBoolean("iommu.exhaustive");
    private static final String NIC = "nic";
    private static final String DISK = "disk";
    private static final long IOVA = 0x1234_5000L;
    private static final long PA = 0x8000_1000L;
    private static final int PASID = 3;

    private static SmmuBench.Plan plan(Stage stage, Smmuv3Capabilities capabilities) {
        SmmuBench.Plan plan = new SmmuBench.Plan();
        plan.locking = stage.validatedLocking();
        plan.capabilities = capabilities;
        plan.features = DeviceFeatures.of(5);
        return plan;
    }

    /**
     * Tasks can change where hardware reads. What it writes, records and messages, it writes under its own monitors, which must
     * not be held where tasks change.
     */
    private static SmmuBench.Plan wordByWord(Stage stage, Smmuv3Capabilities capabilities) {
        SmmuBench.Plan plan = plan(stage, capabilities);
        SparseMemory memory = new SparseMemory();
        PhysicalMemory explored = stage.explored(memory);
        plan.memory = explored;
        plan.hardwareMemory = new GuardedMemory(memory, (address, access) -> {
            if (access == Access.READ) {
                explored.load64(address & -8L);
            }
        });
        return plan;
    }

    /** Stage 1 with completion by message, and stage 2 with completion by CONS. */
    private static List<Smmuv3Capabilities> modes() {
        return List.of(
                SmmuBench.CAPABLE,
                SmmuBench.STAGE_2.toBuilder().disable(IdField.MSI, IdField.RIL).build());
    }

    private static void explore(String name, Scenario scenario) {
        Interleavings interleavings = Interleavings.of(scenario).preemptionBound(EXHAUSTIVE ? 2 : 1);
        if (!EXHAUSTIVE) {
            interleavings.mostSchedules(400);
        }
        Exploration exploration = interleavings.exhaustive();
        System.out.println("FIGURE explored SMMUv3 " + name + ": " + exploration);
        exploration.requireNothingFound();
    }

    /** A device that reads all the while: what it gets is one of two, and once something returned only the second. */
    private static void reads(Stage stage, SmmuBench bench, boolean[] returned, long before, long after) {
        stage.task("does DMA", () -> {
            for (int n = 0; n < 3; n++) {
                stage.yieldPoint("reads");
                boolean late = returned[0];
                long pa = bench.dma(NIC, IOVA, Access.READ);
                assertThat(pa).as("DMA").isIn(before, after);
                assertThat(late && pa != after).as("DMA as before, afterwards").isFalse();
            }
        });
    }

    @Test
    void onceAnUnmapReturnedNoDmaGoesThrough() {
        for (Smmuv3Capabilities mode : modes()) {
            explore("unmap against DMA", stage -> {
                SmmuBench bench = plan(stage, mode).boot();
                IommuDomain domain = bench.attached(NIC);
                domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
                boolean[] returned = new boolean[1];
                stage.task("unmaps", () -> {
                    domain.unmap(IOVA, 0x1000);
                    returned[0] = true;
                });
                reads(stage, bench, returned, PA, -1);
                reads(stage, bench, returned, PA, -1);
            });
        }
    }

    @Test
    void onceADomainIsReplacedNoDmaGoesThroughTheOldOne() {
        for (Smmuv3Capabilities mode : modes()) {
            explore("replace against DMA, word by word", stage -> {
                SmmuBench.Plan plan = wordByWord(stage, mode);
                SmmuBench bench = plan.boot();
                IommuDomain old = bench.attached(NIC);
                IommuDomain next = bench.core.newPagingDomain(bench.device(NIC));
                old.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
                next.map(IOVA, PA + 0x1000, 0x1000, Prot.READ_WRITE);
                boolean[] returned = new boolean[1];
                stage.task("replaces", () -> {
                    bench.group(NIC).replace(next);
                    returned[0] = true;
                });
                stage.task("does DMA", () -> {
                    for (int n = 0; n < 2; n++) {
                        boolean late = returned[0];
                        long pa = bench.dma(NIC, IOVA, Access.READ);
                        // Id and table are in different words, which are not written in one store: nothing lies
                        // between.
                        assertThat(pa).isIn(PA, PA + 0x1000, -1L);
                        assertThat(late && pa != PA + 0x1000)
                                .as("DMA through the old domain")
                                .isFalse();
                    }
                });
            });
        }
    }

    @Test
    void identityTakesADomainsPlaceWithoutAGap() {
        for (Smmuv3Capabilities mode : modes()) {
            explore("identity against DMA, word by word", stage -> {
                SmmuBench.Plan plan = wordByWord(stage, mode);
                SmmuBench bench = plan.boot();
                IommuDomain domain = bench.attached(NIC);
                domain.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
                DomainOps identity =
                        Objects.requireNonNull(bench.driver.allocateDomain(DomainType.IDENTITY, bench.device(NIC)));
                boolean[] returned = new boolean[1];
                stage.task("lets it pass", () -> {
                    identity.attach(bench.device(NIC));
                    returned[0] = true;
                });
                stage.task("does DMA", () -> {
                    for (int n = 0; n < 2; n++) {
                        boolean late = returned[0];
                        long pa = bench.dma(NIC, IOVA, Access.READ);
                        assertThat(pa).as("never stopped").isIn(PA, IOVA);
                        assertThat(late && pa != IOVA)
                                .as("translated afterwards")
                                .isFalse();
                    }
                });
            });
        }
    }

    @Test
    void twoGroupsComeAndGoInOneDomainAtATime() {
        explore("attach against detach", stage -> {
            SmmuBench bench = plan(stage, SmmuBench.CAPABLE).boot();
            IommuDomain shared = bench.attached(NIC);
            shared.map(IOVA, PA, 0x1000, Prot.READ_WRITE);
            bench.group(DISK).dmaOwnership().claim(bench);
            stage.task("detaches", () -> bench.group(NIC).detach(shared));
            stage.task("attaches", () -> bench.group(DISK).attach(shared));
            stage.atEnd("one goes through it, the other nowhere", () -> {
                assertThat(bench.dma(NIC, IOVA, Access.READ)).isEqualTo(-1);
                assertThat(bench.dma(DISK, IOVA, Access.READ)).isEqualTo(PA);
                shared.unmap(IOVA, 0x1000);
                assertThat(bench.dma(DISK, IOVA, Access.READ)).isEqualTo(-1);
            });
        });
    }

    @Test
    void twoTasksUnmapOneDomain() {
        for (Smmuv3Capabilities mode : modes()) {
            explore("unmap against unmap", stage -> {
                SmmuBench bench = plan(stage, mode).boot();
                IommuDomain domain = bench.attached(NIC);
                domain.map(IOVA, PA, 0x2000, Prot.READ_WRITE);
                for (int page = 0; page < 2; page++) {
                    long iova = IOVA + page * 0x1000L;
                    bench.dma(NIC, iova, Access.READ);
                    stage.task("unmaps 0x" + Long.toHexString(iova), () -> {
                        domain.unmap(iova, 0x1000);
                        assertThat(bench.dma(NIC, iova, Access.READ))
                                .as("DMA after the unmap returned")
                                .isEqualTo(-1);
                    });
                }
            });
        }
    }

    @Test
    void aPasidComesWhileItsDomainIsUnmapped() {
        explore("PASID attach against unmap", stage -> {
            SmmuBench bench = plan(stage, SmmuBench.CAPABLE).boot();
            IommuDomain domain = bench.core.newPagingDomain(bench.device(NIC));
            domain.map(IOVA, PA, 0x2000, Prot.READ_WRITE);
            stage.task("attaches", () -> {
                bench.group(NIC).attachPasid(domain, PASID);
                assertThat(bench.dma(NIC, PASID, IOVA + 0x1000, Access.READ)).isEqualTo(PA + 0x1000);
            });
            stage.task("unmaps", () -> {
                domain.unmap(IOVA, 0x1000);
                assertThat(bench.dma(NIC, PASID, IOVA, Access.READ)).isEqualTo(-1);
            });
        });
    }
}
