package io.github.iommu4j.lab.replay.smmuv3;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.lab.capture.UnmappedRow;
import io.github.iommu4j.lab.verdict.RowOutcome;

/** Judges {@code walker_unmapped.csv}: accesses the specification refuses. */
final class UnmappedJudge {

    private final SmmuMachine machine;

    UnmappedJudge(SmmuMachine machine) {
        this.machine = machine;
    }

    RowOutcome judge(UnmappedRow row) {
        Observation ours = machine.observe(DmaRequest.of(row.streamId(), row.iova(), row.access()));
        if (ours.verdict().equals(row.expected())) {
            return RowOutcome.AGREED;
        }
        return WalkerRules.explain(machine, row.expected(), ours)
                .orElseGet(() -> RowOutcome.differs("verdict", row.expected(), ours.verdict()));
    }
}
