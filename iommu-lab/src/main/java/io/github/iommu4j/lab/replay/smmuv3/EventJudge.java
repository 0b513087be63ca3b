package io.github.iommu4j.lab.replay.smmuv3;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.AddressType;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Privilege;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.lab.capture.EventRow;
import io.github.iommu4j.lab.capture.Expectation;
import io.github.iommu4j.lab.capture.ProbeRow;
import io.github.iommu4j.lab.verdict.RowOutcome;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.EventType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Judges {@code events.csv}: every record the reference machine wrote. A record tells the access only in part, so the
 * probe that caused it, where there is one, tells the rest.
 */
final class EventJudge {

    private final SmmuMachine machine;
    private final Map<Integer, List<ProbeRow>> probes = new HashMap<>();

    EventJudge(SmmuMachine machine, List<ProbeRow> probes) {
        this.machine = machine;
        for (ProbeRow probe : probes) {
            if (probe.verdict() != ProbeRow.Verdict.NONE) {
                this.probes
                        .computeIfAbsent(probe.streamId(), stream -> new ArrayList<>())
                        .add(probe);
            }
        }
    }

    RowOutcome judge(EventRow row) {
        EventRecord theirs = RecordFields.of(row.words());
        if (!RecordFields.matchesColumns(theirs, RecordFields.of(row.decoded()))) {
            return RowOutcome.differs("the line's own columns", theirs, RecordFields.of(row.decoded()));
        }
        ProbeRow probe = causeOf(theirs, row);
        Observation ours = machine.observe(request(theirs, probe));
        if (ours.verdict().equals(Expectation.fault(row.name()))) {
            return Verdicts.compareRecords(ours.event(), theirs);
        }
        if (probe == null) {
            return hasChangedSince(theirs, ours)
                    ? RowOutcome.skipped("the event predates the image")
                    : RowOutcome.differs("verdict", row.name(), ours.verdict());
        }
        if (probe.agreement() == ProbeRow.Agreement.NO && ProbeJudge.followsSpecification(probe, observeCause(probe))) {
            return RowOutcome.explained(List.of(
                    VerdictRules.name(Expectation.fault(row.name()), ours.verdict(), machine.explain(ours.request()))));
        }
        return RowOutcome.differs("verdict", row.name(), ours.verdict());
    }

    private Observation observeCause(ProbeRow probe) {
        return machine.observe(ProbeJudge.request(probe));
    }

    /**
     * What the record complains of has changed since: the address is mapped now, the stream's configuration is sound, or
     * the stream was taken off its tables.
     */
    private static boolean hasChangedSince(EventRecord theirs, Observation ours) {
        Expectation now = ours.verdict();
        if (ours.isOk() || now.fault().equals(Expectation.SILENT)) {
            return true;
        }
        EventRecord record = ours.event();
        if (record == null || !RecordFields.hasInputAddress(record)) {
            return false;
        }
        return !RecordFields.hasInputAddress(theirs)
                || RecordFields.is(theirs, EventType.F_TRANSLATION)
                        && record.number() > EventType.F_TRANSLATION.number();
    }

    private @Nullable ProbeRow causeOf(EventRecord theirs, EventRow row) {
        ProbeRow best = null;
        int bestScore = 0;
        for (ProbeRow probe : probes.getOrDefault(theirs.streamId(), List.of())) {
            int score = score(theirs, row, probe);
            if (score > bestScore) {
                best = probe;
                bestScore = score;
            }
        }
        return best;
    }

    /** How well a probe explains a record; 0 when it cannot be its cause. */
    private static int score(EventRecord theirs, EventRow row, ProbeRow probe) {
        boolean possible = RecordFields.hasInputAddress(theirs)
                ? probe.covers(theirs.dw2())
                : probe.verdict() == ProbeRow.Verdict.FAULT && probe.eventName().equals(row.name());
        if (!possible) {
            return 0;
        }
        boolean sameEvent = probe.eventName().equals(row.name());
        boolean sameAccess = probe.access() == (theirs.rnw() ? Access.READ : Access.WRITE);
        return 1 + (sameEvent ? 2 : 0) + (sameAccess ? 1 : 0) + (Objects.equals(probe.event(), row.words()) ? 4 : 0);
    }

    private static DmaRequest request(EventRecord theirs, @Nullable ProbeRow probe) {
        Access access = theirs.rnw() ? Access.READ : Access.WRITE;
        long iova = theirs.dw2();
        if (!RecordFields.hasInputAddress(theirs)) {
            access = probe == null ? Access.READ : probe.access();
            iova = probe == null ? 0 : probe.iova();
        } else if (theirs.ind()) {
            access = Access.EXECUTE;
        } else if (probe != null && theirs.eventClass() != EventRecord.CLASS_IN && theirs.s2()) {
            access = probe.access();
        }
        return new DmaRequest(
                theirs.streamId(),
                theirs.ssv() ? theirs.substreamId() : TranslationUnit.NO_SUBSTREAM,
                iova,
                access,
                theirs.pnu() ? Privilege.PRIVILEGED : Privilege.UNPRIVILEGED,
                AddressType.UNTRANSLATED);
    }
}
