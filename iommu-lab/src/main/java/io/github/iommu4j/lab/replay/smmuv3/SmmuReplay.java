package io.github.iommu4j.lab.replay.smmuv3;

import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.capture.EventRow;
import io.github.iommu4j.lab.verdict.Ledger;
import io.github.iommu4j.lab.verdict.ReplayResult;
import io.github.iommu4j.lab.verdict.Tally;
import java.util.HashSet;
import java.util.Set;

/** Replays a capture and compares. */
public final class SmmuReplay {

    private SmmuReplay() {}

    /**
     * Restores the machine of a capture and judges every line of its tables.
     *
     * @param capture the capture
     * @return what was found
     * @throws CaptureException when the machine cannot be restored
     */
    public static ReplayResult run(Capture capture) throws CaptureException {
        return run(capture, SmmuMachine.restore(capture));
    }

    static ReplayResult run(Capture capture, SmmuMachine machine) {
        Ledger ledger = new Ledger();
        Tally translations = ledger.judge(
                "qemu_translations.csv",
                capture.translations(),
                new TranslationJudge(machine)::judge,
                row -> place(row.line(), row.streamId(), "", row.iova()));
        Tally probes = ledger.judge(
                "probe.csv",
                capture.probes(),
                new ProbeJudge(machine)::judge,
                row -> place(row.line(), row.streamId(), row.access() + " ", row.iova()));
        Tally unmapped = ledger.judge(
                "walker_unmapped.csv",
                capture.unmapped(),
                new UnmappedJudge(machine)::judge,
                row -> place(row.line(), row.streamId(), row.access() + " ", row.iova()));
        Tally events = ledger.judge(
                "events.csv",
                capture.events(),
                new EventJudge(machine, capture.probes())::judge,
                SmmuReplay::placeOfEvent);
        return new ReplayResult(
                capture.name(),
                streams(capture),
                translations,
                probes,
                unmapped,
                events,
                ledger.deviations(),
                ledger.differences(),
                machine.faults(),
                new ReplayResult.Speed(machine.translations(), machine.translationNanos()));
    }

    private static Ledger.Place place(long line, int stream, String access, long iova) {
        return new Ledger.Place(
                line, "stream " + Verdicts.hex(stream & 0xFFFF_FFFFL) + " " + access + Verdicts.hex(iova));
    }

    private static Ledger.Place placeOfEvent(EventRow row) {
        return place(
                row.line(),
                RecordFields.of(row.words()).streamId(),
                row.name() + " ",
                row.words().get(2));
    }

    private static int streams(Capture capture) {
        Set<Integer> streams = new HashSet<>();
        capture.translations().forEach(row -> streams.add(row.streamId()));
        capture.probes().forEach(row -> streams.add(row.streamId()));
        return streams.size();
    }
}
