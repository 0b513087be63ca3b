package io.github.iommu4j.lab.replay.vtd;

import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.verdict.Ledger;
import io.github.iommu4j.lab.verdict.Ledger.Place;
import io.github.iommu4j.lab.verdict.ReplayResult;
import io.github.iommu4j.lab.verdict.Tally;
import java.util.HashSet;
import java.util.Set;

/** Replays a capture of Intel VT-d and compares. */
public final class VtdReplay {

    private VtdReplay() {}

    /**
     * Restores the machine of a capture and judges every line of its tables, and the fault record its registers held.
     *
     * @param capture the capture
     * @return what was found
     * @throws CaptureException when the machine cannot be restored
     */
    public static ReplayResult run(Capture capture) throws CaptureException {
        VtdMachine machine = VtdMachine.restore(capture, Set.of());
        Judges judges = new Judges(machine, new Reference(capture));
        Ledger ledger = new Ledger();
        Tally translations = ledger.judge(
                "qemu_translations.csv",
                capture.translations(),
                judges::translation,
                row -> place(row.line(), row.streamId(), "", row.iova()));
        Tally probes = ledger.judge(
                "probe.csv",
                capture.probes(),
                judges::probe,
                row -> place(row.line(), row.streamId(), row.access() + " ", row.iova()));
        Tally unmapped = ledger.judge(
                "walker_unmapped.csv",
                capture.unmapped(),
                judges::unmapped,
                row -> place(row.line(), row.streamId(), row.access() + " ", row.iova()));
        Tally faults = ledger.judge(
                "qemu_faults.csv",
                capture.faults(),
                judges::fault,
                row -> place(row.line(), row.sourceId(), row.access() + " ", row.address()));
        Tally records = ledger.judge(
                "regs.csv",
                VtdMachine.heldRecords(capture.registers()),
                judges::heldRecord,
                row -> place(0, row.sid(), "", row.page()));
        return new ReplayResult(
                capture.name(),
                sources(capture),
                translations,
                probes,
                unmapped,
                faults.plus(records),
                ledger.deviations(),
                ledger.differences(),
                machine.faults(),
                new ReplayResult.Speed(machine.translations(), machine.translationNanos()));
    }

    private static Place place(long line, int sourceId, String access, long iova) {
        return new Place(line, String.format("source 0x%x %s0x%x", sourceId, access, iova));
    }

    private static int sources(Capture capture) {
        Set<Integer> sources = new HashSet<>();
        capture.translations().forEach(row -> sources.add(row.streamId()));
        capture.probes().forEach(row -> sources.add(row.streamId()));
        return sources.size();
    }
}
