package io.github.iommu4j.lab.replay.vtd;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.vtd.hardware.VtdDeviation;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** The model made to depart from the specification, one way each: what explains an answer must give it. */
final class Reference {

    private final Map<VtdDeparture, VtdMachine> machines = new EnumMap<>(VtdDeparture.class);

    /** The capture's machine once for each departure that can be switched on. */
    Reference(Capture capture) throws CaptureException {
        for (VtdDeparture departure : VtdDeparture.values()) {
            VtdDeviation deviation = departure.switchedOn();
            if (deviation != null) {
                machines.put(departure, VtdMachine.restore(capture, Set.of(deviation)));
            }
        }
    }

    /** The departure with which the model does what the reference did; none when no single one does. */
    List<VtdDeparture> explain(DmaRequest request, Predicate<Observation> asReference) {
        return machines.entrySet().stream()
                .filter(machine -> asReference.test(machine.getValue().observe(request)))
                .map(Map.Entry::getKey)
                .limit(1)
                .toList();
    }
}
