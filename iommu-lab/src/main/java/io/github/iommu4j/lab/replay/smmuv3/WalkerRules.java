package io.github.iommu4j.lab.replay.smmuv3;

import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.lab.capture.Expectation;
import io.github.iommu4j.lab.verdict.RowOutcome;
import io.github.iommu4j.smmuv3.layout.StreamTableEntry;
import java.util.List;
import java.util.Optional;

/** Where the captures' independent walker, which reads tables, departs from the specification itself. */
final class WalkerRules {

    private WalkerRules() {}

    /**
     * Explains why our answer is not the walker's.
     *
     * @return the explanation; empty when there is none
     */
    static Optional<RowOutcome> explain(SmmuMachine machine, Expectation walker, Observation ours) {
        return checksInputSize(machine, walker, ours)
                ? Optional.of(RowOutcome.explained(List.of(ReferenceDeviation.INPUT_SIZE_NOT_CHECKED)))
                : Optional.empty();
    }

    /**
     * An input address that only stage 2 translates and that is wider than IAS is refused as F_ADDR_SIZE before any
     * table is read.
     */
    private static boolean checksInputSize(SmmuMachine machine, Expectation walker, Observation ours) {
        if (!walker.fault().equals("F_TRANSLATION") || !ours.verdict().fault().equals("F_ADDR_SIZE")) {
            return false;
        }
        if (ours.request().iova() >>> machine.inputAddressBits() == 0) {
            return false;
        }
        List<Explanation.Fetch> fetches = machine.explain(ours.request()).fetches();
        Explanation.Fetch last = fetches.get(fetches.size() - 1);
        return last.role().equals("STE")
                && StreamTableEntry.CONFIG.get(last.raw().get(0)) == StreamTableEntry.CONFIG_STAGE2;
    }
}
