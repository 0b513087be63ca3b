package io.github.iommu4j.lab.inspect;

import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.inspect.smmuv3.SmmuInspector;
import io.github.iommu4j.lab.inspect.vtd.VtdInspector;
import io.github.iommu4j.lab.view.StreamView;
import java.util.List;

/** Lists the streams of a captured machine and what they map. */
public final class Inspector {

    private Inspector() {}

    /**
     * Inspects a capture.
     *
     * @param capture registers and memory
     * @return its streams, in the order of their table
     * @throws CaptureException when the machine cannot be restored
     */
    public static List<StreamView> inspect(Capture capture) throws CaptureException {
        return switch (capture.family()) {
            case VTD -> VtdInspector.inspect(capture);
            default -> SmmuInspector.inspect(capture);
        };
    }
}
