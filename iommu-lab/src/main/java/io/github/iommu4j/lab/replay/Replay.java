package io.github.iommu4j.lab.replay;

import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.machine.CapturedMachine;
import io.github.iommu4j.lab.replay.smmuv3.SmmuMachine;
import io.github.iommu4j.lab.replay.smmuv3.SmmuReplay;
import io.github.iommu4j.lab.replay.vtd.VtdMachine;
import io.github.iommu4j.lab.replay.vtd.VtdReplay;
import io.github.iommu4j.lab.verdict.ReplayResult;
import io.github.iommu4j.smmuv3.hardware.CacheGeometry;

/** Replays a capture and compares. */
public final class Replay {

    private Replay() {}

    /**
     * Restores the machine of a capture and judges every line of its tables.
     *
     * @param capture the capture
     * @return what was found
     * @throws CaptureException when the machine cannot be restored
     */
    public static ReplayResult run(Capture capture) throws CaptureException {
        return switch (capture.family()) {
            case VTD -> VtdReplay.run(capture);
            default -> SmmuReplay.run(capture);
        };
    }

    /**
     * Restores the machine of a capture.
     *
     * @param capture the capture
     * @param caching whether it keeps answers
     * @return the machine, nothing cached
     * @throws CaptureException when the registers describe hardware that cannot be modelled
     */
    public static CapturedMachine machine(Capture capture, CapturedMachine.Caching caching) throws CaptureException {
        boolean caches = caching == CapturedMachine.Caching.ON;
        return switch (capture.family()) {
            case VTD -> VtdMachine.restore(capture, caching);
            default ->
                SmmuMachine.restore(capture, caches ? CacheGeometry.DEFAULT : CacheGeometry.DEFAULT.withoutTlb());
        };
    }
}
