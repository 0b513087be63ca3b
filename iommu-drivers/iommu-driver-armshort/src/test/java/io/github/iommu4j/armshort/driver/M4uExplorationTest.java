package io.github.iommu4j.armshort.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.armshort.hardware.RangeCompletion;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.testkit.explore.Exploration;
import io.github.iommu4j.testkit.explore.Interleavings;
import io.github.iommu4j.testkit.explore.Scenario;
import io.github.iommu4j.testkit.explore.Stage;
import org.junit.jupiter.api.Test;

/** Driver and hardware half under every interleaving of a few tasks. */
final class M4uExplorationTest {

    private static final boolean EXHAUSTIVE = Boolean.getBoolean("iommu.exhaustive");
    private static final long IOVA = 0x1234_5000L;
    private static final long PA = 0x4000_1000L;

    private static M4uMachine machine(Stage stage) {
        M4uMachine.Plan plan = new M4uMachine.Plan();
        plan.locking = stage.validatedLocking();
        plan.completion = RangeCompletion.ON_POLL;
        return plan.boot();
    }

    private static void explore(String name, Scenario scenario) {
        Interleavings interleavings = Interleavings.of(scenario).preemptionBound(EXHAUSTIVE ? 2 : 1);
        if (!EXHAUSTIVE) {
            interleavings.mostSchedules(1_000);
        }
        Exploration exploration = interleavings.exhaustive();
        System.out.println("explored " + name + ": " + exploration);
        exploration.requireNothingFound();
    }

    @Test
    void onceAnUnmapReturnedNoDmaGoesThrough() {
        explore("unmap against DMA", stage -> {
            M4uMachine machine = machine(stage);
            DeviceNode device = machine.running(0, 5);
            IommuDomain domain = machine.domain(device);
            domain.map(IOVA, PA, 0x1000, Prot.READ);
            boolean[] returned = new boolean[1];
            stage.task("unmaps", () -> {
                domain.unmap(IOVA, 0x1000);
                returned[0] = true;
            });
            for (int i = 0; i < 2; i++) {
                stage.task("does DMA", () -> {
                    for (int n = 0; n < 2; n++) {
                        stage.yieldPoint("reads");
                        boolean late = returned[0];
                        long pa = machine.pa(device, IOVA);
                        assertThat(pa).isIn(PA, -1L);
                        assertThat(late && pa >= 0)
                                .as("DMA after the unmap returned")
                                .isFalse();
                    }
                });
            }
        });
    }

    @Test
    void tasksThatUnmapPagesOfTheirOwnSyncTheirOwn() {
        explore("unmap against unmap", stage -> {
            M4uMachine machine = machine(stage);
            DeviceNode device = machine.running(0, 5);
            IommuDomain domain = machine.domain(device);
            for (int i = 0; i < 2; i++) {
                long iova = IOVA + i * 0x1000L;
                domain.map(iova, PA + i * 0x1000L, 0x1000, Prot.READ);
                assertThat(machine.pa(device, iova)).isEqualTo(PA + i * 0x1000L);
                stage.task("unmaps 0x" + Long.toHexString(iova), () -> {
                    domain.unmap(iova, 0x1000);
                    assertThat(machine.pa(device, iova)).isEqualTo(-1);
                });
            }
        });
    }
}
