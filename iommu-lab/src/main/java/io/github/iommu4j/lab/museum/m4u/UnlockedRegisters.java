package io.github.iommu4j.lab.museum.m4u;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.armshort.driver.M4uErratum;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.testkit.errata.Exhibit;
import io.github.iommu4j.testkit.errata.Exhibit.Condition;
import io.github.iommu4j.testkit.explore.Interleavings;
import io.github.iommu4j.testkit.explore.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Two tasks unmap a page each. Every lock operation and every access to a register is a point where they can change. */
final class UnlockedRegisters {

    private static final long[] IOVAS = {0x1234_5000L, 0x7000_0000L};
    private static final long PA = 0x4000_1000L;
    private static final long PAGE = 0x1000;

    private UnlockedRegisters() {}

    static Exhibit exhibit() {
        return Exhibit.of(
                M4uErratum.TLB_REGISTERS_UNLOCKED,
                "every interleaving of two unmaps, and " + InvalidationCases.HARDWARE,
                "was unmapped and is not invalidated: 0x",
                UnlockedRegisters::show);
    }

    private static Exhibit.Sighting show(Condition condition) {
        Set<Erratum> errata = condition == Condition.AS_IT_WAS ? Set.of(M4uErratum.TLB_REGISTERS_UNLOCKED) : Set.of();
        return Exhibit.Sighting.of(
                Interleavings.of(stage -> setUp(stage, errata)).exhaustive());
    }

    private static void setUp(Stage stage, Set<Erratum> errata) {
        Board board = new Board(Chip.mt8173(), errata, stage.validatedLocking(), stage::explored);
        DeviceNode device = board.running(0, 5);
        IommuDomain domain = board.domain(device);
        for (long iova : IOVAS) {
            domain.map(iova, PA, PAGE, Prot.READ);
            board.stillReached(device, iova);
            stage.task("unmaps 0x" + Long.toHexString(iova), () -> domain.unmap(iova, PAGE));
        }
        stage.atEnd("neither page is reached", () -> {
            List<String> reached = new ArrayList<>();
            for (long iova : IOVAS) {
                board.stillReached(device, iova)
                        .forEach(report -> reached.add("what was unmapped and is not invalidated: " + report));
            }
            if (!reached.isEmpty()) {
                throw new AssertionError(String.join("; ", reached));
            }
        });
    }
}
