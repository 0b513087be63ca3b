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

/**
 * Two tasks unmap a page each. Every lock operation and every access to a register is a point where they can change.
 *
 * <p>At the end the hardware gets the time to finish every range it was told of: what is still reached then was named
 * by no command.
 */
final class UnlockedRegisters {

    private static final long[] IOVAS = {0x1234_5000L, 0x7000_0000L};
    private static final long[] PAS = {0x4000_1000L, 0x4000_2000L};
    private static final long PAGE = 0x1000;

    private UnlockedRegisters() {}

    static Exhibit exhibit() {
        return Exhibit.of(
                M4uErratum.TLB_REGISTERS_UNLOCKED,
                "every interleaving of two unmaps, and " + InvalidationCases.HARDWARE,
                "a range was never invalidated: 0x",
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
        for (int i = 0; i < IOVAS.length; i++) {
            long iova = IOVAS[i];
            domain.map(iova, PAS[i], PAGE, Prot.READ);
            board.stillReached(device, iova);
            stage.task("unmaps 0x" + Long.toHexString(iova), () -> domain.unmap(iova, PAGE));
        }
        stage.atEnd("neither page is reached", () -> {
            board.finishRanges();
            List<String> reached = new ArrayList<>();
            for (long iova : IOVAS) {
                reached.addAll(board.stillReached(device, iova));
            }
            if (!reached.isEmpty()) {
                throw new AssertionError("a range was never invalidated: " + String.join("; ", reached));
            }
        });
    }
}
