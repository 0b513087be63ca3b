package io.github.iommu4j.lab.recording;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.machine.CapturedMachine;
import io.github.iommu4j.lab.replay.Replay;
import java.util.ArrayList;
import java.util.List;

/** Captures the machine of a capture again: what this model says where the reference machine spoke. */
public final class Recapture {

    private Recapture() {}

    /**
     * Restores a machine, and captures it with the accesses of its capture.
     *
     * @param capture the capture
     * @return another capture of the same registers and memory, with this model's answers
     * @throws CaptureException when the machine cannot be restored
     */
    public static Capture of(Capture capture) throws CaptureException {
        CapturedMachine machine = Replay.machine(capture, CapturedMachine.Caching.OFF);
        List<DmaRequest> accesses = new ArrayList<>();
        capture.translations().forEach(row -> accesses.add(DmaRequest.read(row.streamId(), row.iova())));
        capture.probes().forEach(row -> accesses.add(DmaRequest.of(row.streamId(), row.iova(), row.access())));
        capture.unmapped().forEach(row -> accesses.add(DmaRequest.of(row.streamId(), row.iova(), row.access())));
        return Recording.of(
                new RunningModel(capture.name() + "-again", capture.family(), machine.unit(), machine.memory()),
                accesses);
    }
}
