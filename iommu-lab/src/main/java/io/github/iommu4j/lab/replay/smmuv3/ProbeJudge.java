package io.github.iommu4j.lab.replay.smmuv3;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.lab.capture.Expectation;
import io.github.iommu4j.lab.capture.ProbeRow;
import io.github.iommu4j.lab.verdict.RowOutcome;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import java.util.List;

/** Judges {@code probe.csv}: accesses the reference machine was told to do. */
final class ProbeJudge {

    private final SmmuMachine machine;

    ProbeJudge(SmmuMachine machine) {
        this.machine = machine;
    }

    RowOutcome judge(ProbeRow row) {
        if (row.verdict() == ProbeRow.Verdict.NONE) {
            return RowOutcome.skipped("the reference logged nothing");
        }
        if (row.agreement() == ProbeRow.Agreement.UNKNOWN) {
            return RowOutcome.skipped("marked as not comparable");
        }
        Observation ours = machine.observe(request(row));
        return row.agreement() == ProbeRow.Agreement.YES ? asReference(row, ours) : asSpecification(row, ours);
    }

    static DmaRequest request(ProbeRow row) {
        return DmaRequest.of(row.streamId(), row.iova(), row.access());
    }

    private RowOutcome asReference(ProbeRow row, Observation ours) {
        return switch (row.verdict()) {
            case OK -> Verdicts.compareTranslation(machine, ours, row.pa(), row.permissions());
            case BYPASS -> Verdicts.compareTranslation(machine, ours, row.pa(), -1);
            default -> asFault(row, ours);
        };
    }

    private RowOutcome asFault(ProbeRow row, Observation ours) {
        if (!ours.verdict().equals(row.specification())) {
            return RowOutcome.differs("verdict", row.specification(), ours.verdict());
        }
        if (!row.eventName().isEmpty() && !ours.verdict().fault().equals(row.eventName())) {
            return RowOutcome.differs("event", row.eventName(), ours.verdict());
        }
        if (row.event().isEmpty()) {
            return ours.event() == null || row.verdict() == ProbeRow.Verdict.FAULT
                    ? RowOutcome.AGREED
                    : RowOutcome.differs("event record", "none", ours.event());
        }
        EventRecord theirs = RecordFields.of(row.event());
        return Verdicts.compareRecords(behind(row, theirs, ours).event(), theirs);
    }

    /** The reference splits an access; the record a line shows may be that of a later part. */
    private Observation behind(ProbeRow row, EventRecord theirs, Observation whole) {
        boolean part = RecordFields.hasInputAddress(theirs)
                && theirs.inputAddress() != row.iova()
                && row.covers(theirs.inputAddress());
        return part ? machine.observe(DmaRequest.of(row.streamId(), theirs.inputAddress(), row.access())) : whole;
    }

    private RowOutcome asSpecification(ProbeRow row, Observation ours) {
        if (!followsSpecification(row, ours)) {
            return WalkerRules.explain(machine, row.specification(), ours)
                    .orElseGet(() ->
                            RowOutcome.differs("verdict by the specification", row.specification(), describe(ours)));
        }
        return RowOutcome.explained(
                List.of(VerdictRules.name(theirs(row), ours.verdict(), machine.explain(ours.request()))));
    }

    /** Whether our answer is the one that the literal reading of the specification gives. */
    static boolean followsSpecification(ProbeRow row, Observation ours) {
        return ours.verdict().equals(row.specification()) && (!ours.isOk() || ours.pa() == row.specificationPa());
    }

    private static String describe(Observation ours) {
        return ours.isOk() ? "OK " + Verdicts.hex(ours.pa()) : ours.verdict().toString();
    }

    private static Expectation theirs(ProbeRow row) {
        return switch (row.verdict()) {
            case OK, BYPASS -> Expectation.OK;
            case FAULT -> Expectation.fault(row.eventName());
            default -> Expectation.fault(Expectation.SILENT);
        };
    }
}
