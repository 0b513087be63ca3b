package io.github.iommu4j.lab.recording;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.capture.Family;
import io.github.iommu4j.lab.capture.MemoryImage;
import io.github.iommu4j.lab.capture.ProbeRow;
import io.github.iommu4j.lab.capture.TranslationRow;
import io.github.iommu4j.lab.capture.UnmappedRow;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Takes a capture of a model while it stands still: registers, the memory that was written, what software has not read of its
 * faults, and what becomes of some accesses, asked cold. The model is not changed.
 */
public final class Recording {

    private static final int READ_WRITE = 3;
    private static final int NO_TRANSLATION = 63;
    private static final int FIRST_LINE = 2;

    private final Dump dump;
    private final RunningModel model;
    private final List<TranslationRow> translations = new ArrayList<>();
    private final List<ProbeRow> probes = new ArrayList<>();
    private final List<UnmappedRow> unmapped = new ArrayList<>();

    private Recording(RunningModel model) {
        this.model = model;
        this.dump = model.family() == Family.VTD ? new VtdDump(model) : new SmmuDump(model);
    }

    /**
     * Captures a model.
     *
     * @param model the model; nobody may use it meanwhile
     * @param accesses what is asked, each once; captures have no place for SubstreamIDs and PASIDs, so that accesses with one are
     *     left out
     * @return the capture
     * @throws CaptureException when there is more memory than a capture holds
     */
    public static Capture of(RunningModel model, List<DmaRequest> accesses) throws CaptureException {
        Recording recording = new Recording(model);
        for (DmaRequest access : new LinkedHashSet<>(accesses)) {
            if (!access.hasSubstream()) {
                recording.ask(access);
            }
        }
        return recording.capture();
    }

    private void ask(DmaRequest access) {
        Explanation explanation = model.unit().explain(access);
        if (explanation.result() instanceof Translation.Ok ok) {
            translated(access, ok);
            return;
        }
        probes.add(dump.refused(probes.size() + FIRST_LINE, explanation));
        dump.refusal(explanation.result())
                .ifPresent(refusal -> unmapped.add(new UnmappedRow(
                        unmapped.size() + FIRST_LINE, access.streamId(), access.iova(), access.access(), refusal)));
    }

    private void translated(DmaRequest access, Translation.Ok ok) {
        int permissions = ok.permissions() & READ_WRITE;
        boolean bypass = ok.sizeLg2() == NO_TRANSLATION;
        translations.add(new TranslationRow(
                translations.size() + FIRST_LINE,
                access.streamId(),
                access.iova(),
                ok.pa(),
                permissions,
                permissions,
                bypass,
                bypass ? 0 : ok.sizeLg2()));
        probes.add(Dump.probe(
                probes.size() + FIRST_LINE,
                access,
                bypass ? ProbeRow.Verdict.BYPASS : ProbeRow.Verdict.OK,
                Dump.Answer.of(ok, bypass || model.family() == Family.VTD ? -1 : permissions)));
    }

    private Capture capture() throws CaptureException {
        return new Capture(
                model.name(),
                model.family(),
                dump.registers(),
                MemoryImage.of(model.memory(), model.memory().pages().toArray()),
                translations,
                probes,
                unmapped,
                dump.events(),
                dump.faults());
    }
}
