package io.github.iommu4j.lab.replay.vtd;

import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.FaultRow;
import io.github.iommu4j.lab.capture.ProbeRow;
import io.github.iommu4j.lab.capture.TranslationRow;
import java.util.ArrayList;
import java.util.List;

/** Captures with one thing in them that did not happen. */
final class WrongCaptures {

    private static final int NO_SUCH_REASON = 0x77;

    private WrongCaptures() {}

    static Capture withAnotherAddress(Capture capture) {
        List<TranslationRow> rows = new ArrayList<>(capture.translations());
        TranslationRow row = rows.get(0);
        rows.set(
                0,
                new TranslationRow(
                        row.line(),
                        row.streamId(),
                        row.iova(),
                        row.pa() ^ 0x1000,
                        row.permissions(),
                        row.walkerPermissions(),
                        row.bypass(),
                        row.sizeLg2()));
        return new Capture(
                capture.name(),
                capture.family(),
                capture.registers(),
                capture.image(),
                rows,
                capture.probes(),
                capture.unmapped(),
                List.of(),
                capture.faults());
    }

    static Capture withAnotherProbe(Capture capture) {
        List<ProbeRow> rows = new ArrayList<>(capture.probes());
        for (int i = 0; i < rows.size(); i++) {
            ProbeRow row = rows.get(i);
            if (row.verdict() == ProbeRow.Verdict.OK && row.agreement() == ProbeRow.Agreement.YES) {
                rows.set(i, withPa(row, row.pa() ^ 0x1000));
                break;
            }
        }
        return new Capture(
                capture.name(),
                capture.family(),
                capture.registers(),
                capture.image(),
                capture.translations(),
                rows,
                capture.unmapped(),
                List.of(),
                capture.faults());
    }

    private static ProbeRow withPa(ProbeRow row, long pa) {
        return new ProbeRow(
                row.line(),
                row.streamId(),
                row.iova(),
                row.length(),
                row.access(),
                row.verdict(),
                pa,
                row.permissions(),
                row.eventName(),
                row.event(),
                row.specification(),
                row.specificationPa(),
                row.agreement(),
                row.note());
    }

    /** The last fault: it is the most likely to hold in the image. */
    static Capture withAnotherReason(Capture capture) {
        List<FaultRow> rows = new ArrayList<>(capture.faults());
        FaultRow row = rows.remove(rows.size() - 1);
        rows.add(new FaultRow(row.line(), row.sourceId(), row.address(), NO_SUCH_REASON, row.access()));
        return new Capture(
                capture.name(),
                capture.family(),
                capture.registers(),
                capture.image(),
                capture.translations(),
                capture.probes(),
                capture.unmapped(),
                List.of(),
                rows);
    }
}
